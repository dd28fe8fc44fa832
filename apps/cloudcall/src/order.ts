/** What an event asks for, parsed whole: all its defects at once. Pure. Fields that the cloud adds to events are left alone. */
import {
  type AppId,
  defective,
  type FieldDefect,
  fieldDefect,
  isAppId,
  type Look,
  type Parsed,
  type PlannedRow,
  parsed,
  parseLook,
  planRow,
  type RawRow,
} from '@sunpress/core'

/** An answer may have 1 MB, and a row of it hardly more than 1 KB. */
export const MOST_SCENES = 800

export interface Order {
  readonly app: AppId
  readonly look: Look
  /** A bad row is refused alone. */
  readonly rows: readonly OrderedRow[]
  /** The first row that is asked for. */
  readonly from: number
}

export interface OrderedRow {
  /** As it came, for the row that tells its end. */
  readonly scene: unknown
  readonly ref: unknown
  readonly planned: PlannedRow
}

/** `{ app, look, scenes: (string | { scene, ref?, page?, caption? })[], from? }` */
export function parseOrder(event: unknown): Parsed<Order> {
  const { app, look, scenes, from = 0 } = fieldsOf(event)
  const defects: FieldDefect[] = []
  if (!isAppId(app)) defects.push(fieldDefect('app', 'format', '"wx" and 16 lower-case hex digits', app))
  const parsedLook = parseLook(look)
  if (!parsedLook.ok) defects.push(...parsedLook.defects)
  const list = Array.isArray(scenes) ? scenes : []
  if (list.length === 0 || list.length > MOST_SCENES) {
    const came = Array.isArray(scenes) ? scenes.length : scenes
    defects.push(fieldDefect('scenes', 'length', `a list of 1 to ${MOST_SCENES} scenes`, came))
  }
  if (!Number.isSafeInteger(from) || (from as number) < 0 || (from as number) > list.length) {
    defects.push(fieldDefect('from', 'value', 'the `next` of an answer to the same scenes', from))
  }
  if (!parsedLook.ok || defects.length > 0) return defective(...defects)
  const rows = list.map((item, index) => orderedRow(item, index, parsedLook.value))
  return parsed({ app: app as AppId, look: parsedLook.value, rows, from: from as number })
}

function orderedRow(item: unknown, index: number, look: Look): OrderedRow {
  const bare = typeof item === 'string'
  const fields: Readonly<Record<string, unknown>> = bare ? { scene: item } : fieldsOf(item)
  const raw: RawRow = { at: { pointer: `/scenes/${index}`, bare }, fields, defects: [] }
  return { scene: fields['scene'] ?? null, ref: fields['ref'], planned: planRow(raw, look) }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
