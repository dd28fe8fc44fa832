/**
 * One row of a campaign's source, checked against its look: a row that may be printed, or all that is wrong with it.
 * Pure, and the same for every source. Whether bad rows are refused or skipped is its caller's choice.
 */
import type { SceneRow } from './campaign.js'
import { type FieldDefect, fieldDefect } from './field-defect.js'
import type { Look } from './look.js'
import { pageDefects, sceneDefects } from './scene.js'

/** Ours, not WeChat's: enough for any key of a shop, order or asset. In code points. */
export const MAX_REF_CHARACTERS = 200
/** Ours as well: what fits under a printed code. In code points. */
export const MAX_CAPTION_CHARACTERS = 500

/**
 * Where a row stands: the 1-based physical line on which it starts, or its JSON pointer in the request.
 * `bare` when the pointer names a string rather than an object with fields.
 */
export type RowPlace = { readonly line: number } | { readonly pointer: string; readonly bare: boolean }

/** What a source read of a row, not yet looked at. A field that did not come is left out. */
export interface RowFields {
  readonly scene?: unknown
  readonly page?: unknown
  readonly ref?: unknown
  readonly caption?: unknown
}

export interface RawRow {
  readonly at: RowPlace
  /** null when nothing could be read. */
  readonly fields: RowFields | null
  /** What the source itself found wrong. */
  readonly defects: readonly FieldDefect[]
  /** No campaign can be made of this source, not even one without its bad rows: it was cut off, or has no usable header. */
  readonly fatal?: true
}

/** An item of `errors` in a 422: a defect and the place of its row. */
export type RowError = FieldDefect & ({ readonly line: number } | { readonly pointer: string })

export type PlannedRow = { readonly row: SceneRow } | { readonly errors: readonly RowError[] }

export function planRow(raw: RawRow, look: Look): PlannedRow {
  const { fields } = raw
  const defects = fields === null ? raw.defects : [...raw.defects, ...rowDefects(fields, look)]
  if (fields === null || defects.length > 0)
    return { errors: defects.map((defect) => rowError(raw.at, defect)) }
  return { row: sceneRow(fields as SceneRow, look) }
}

function rowDefects(fields: RowFields, look: Look): FieldDefect[] {
  const scene =
    fields.scene === undefined
      ? [fieldDefect('scene', 'required', 'a scene', undefined)]
      : sceneDefects(fields.scene, look.endpoint)
  return [
    ...scene,
    ...rowPageDefects(fields.page, look),
    ...textDefects('ref', fields.ref, MAX_REF_CHARACTERS),
    ...textDefects('caption', fields.caption, MAX_CAPTION_CHARACTERS),
  ]
}

/** WeChat prints a code without its scene when no page is sent, so one must come from somewhere. */
function rowPageDefects(page: unknown, look: Look): FieldDefect[] {
  if (look.endpoint !== 'unlimited') {
    if (page === undefined) return []
    return [fieldDefect('page', 'not_for_endpoint', `no page with endpoint ${look.endpoint}`, page)]
  }
  if (page !== undefined) return pageDefects(page)
  return look.page === null
    ? [fieldDefect('page', 'required', 'a page, in the row or in the look', undefined)]
    : []
}

function textDefects(field: string, text: unknown, most: number): FieldDefect[] {
  if (text === undefined) return []
  if (typeof text !== 'string') return [fieldDefect(field, 'type', 'a string', text)]
  const defects: FieldDefect[] = []
  // A code point is at most two units: the count by code points is only made where it matters.
  if (text.length > most && [...text].length > most) {
    defects.push(fieldDefect(field, 'length', `at most ${most} characters`, text))
  }
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    defects.push(fieldDefect(field, 'alphabet', 'well-formed text without control characters', text))
  }
  return defects
}

/** An empty ref or caption, and a page that the look has already, say nothing and are not kept. */
const sceneRow = (fields: SceneRow, look: Look): SceneRow => ({
  scene: fields.scene,
  ...(fields.page === undefined || fields.page === look.page ? {} : { page: fields.page }),
  ...(fields.ref ? { ref: fields.ref } : {}),
  ...(fields.caption ? { caption: fields.caption } : {}),
})

function rowError(at: RowPlace, defect: FieldDefect): RowError {
  if ('line' in at) return { line: at.line, ...defect }
  return { pointer: at.bare ? at.pointer : `${at.pointer}/${pointerToken(defect.field)}`, ...defect }
}

/** RFC 6901. */
const pointerToken = (field: string): string => field.replaceAll('~', '~0').replaceAll('/', '~1')
