/** What a request for a campaign asks: JSON and query parameters, judged by one parser, with all their defects at once. */
import {
  type AppId,
  type BadRows,
  type CampaignId,
  DEFAULT_PRIORITY,
  type FieldDefect,
  fieldDefect,
  isCampaignId,
  type Look,
  MAX_PRIORITY,
  MIN_PRIORITY,
  type Parsed,
  parseLook,
  unknownFields,
} from '@sunpress/core'
import { parseRange, type Range } from '@sunpress/sources'
import { MOST_NAME_CHARACTERS } from '../schemas/campaign.js'

export type RequestedRows =
  | { readonly kind: 'scenes'; readonly scenes: readonly unknown[] }
  | { readonly kind: 'range'; readonly range: Range }

export interface CampaignDraft {
  readonly app: AppId
  /** null: the campaign's id. */
  readonly name: string | null
  readonly priority: number
  readonly look: Look
  readonly badRows: BadRows
  readonly canary?: number
  readonly heals?: CampaignId
  /** false: the lifetime quota of the limited endpoints may be used up. */
  readonly lifetimeGuard?: boolean
}

type Fields = Readonly<Record<string, unknown>>

const DRAFT_FIELDS = ['app', 'name', 'priority', 'look', 'badRows', 'canary', 'heals', 'lifetimeGuard']
const ROW_FIELDS = ['scenes', 'range']

/** The JSON form. `apps` are those that we print for. */
export function parseCampaignRequest(
  body: unknown,
  apps: ReadonlySet<AppId>,
): Parsed<{ draft: CampaignDraft; rows: RequestedRows }> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { ok: false, defects: [fieldDefect('body', 'type', 'a JSON object', body)] }
  }
  const fields = body as Fields
  const unknown = unknownFields(fields, new Set([...DRAFT_FIELDS, ...ROW_FIELDS]))
  const draft = parseDraft(fields, apps)
  const rows = parseRows(fields)
  const defects = [...unknown, ...defectsOf(draft), ...defectsOf(rows)]
  if (defects.length > 0 || !draft.ok || !rows.ok) return { ok: false, defects }
  return { ok: true, value: { draft: draft.value, rows: rows.value } }
}

function parseDraft(fields: Fields, apps: ReadonlySet<AppId>): Parsed<CampaignDraft> {
  const {
    app,
    name = null,
    priority = DEFAULT_PRIORITY,
    badRows = 'refuse',
    canary,
    heals,
    lifetimeGuard,
  } = fields
  const look = parseLook(fields['look'])
  const defects: FieldDefect[] = [...appDefects(app, apps), ...nameDefects(name), ...defectsOf(look)]
  if (!Number.isInteger(priority) || Number(priority) < MIN_PRIORITY || Number(priority) > MAX_PRIORITY) {
    const expected = `a whole number from ${MIN_PRIORITY} to ${MAX_PRIORITY}`
    defects.push(fieldDefect('priority', 'value', expected, priority))
  }
  if (badRows !== 'refuse' && badRows !== 'skip')
    defects.push(fieldDefect('badRows', 'value', 'refuse | skip', badRows))
  if (canary !== undefined && !(Number.isSafeInteger(canary) && Number(canary) > 0))
    defects.push(fieldDefect('canary', 'value', 'a whole number of scenes, at least 1', canary))
  if (heals !== undefined && !isCampaignId(heals))
    defects.push(fieldDefect('heals', 'value', 'the id of a campaign', heals))
  if (lifetimeGuard !== undefined && typeof lifetimeGuard !== 'boolean')
    defects.push(fieldDefect('lifetimeGuard', 'type', 'true or false', lifetimeGuard))
  if (defects.length > 0 || !look.ok) return { ok: false, defects }
  const draft = {
    app,
    name,
    priority,
    look: look.value,
    badRows,
    ...(canary === undefined ? {} : { canary }),
    ...(heals === undefined ? {} : { heals }),
    ...(lifetimeGuard === undefined ? {} : { lifetimeGuard }),
  }
  return { ok: true, value: draft as CampaignDraft }
}

const NEITHER = fieldDefect('scenes', 'required', 'either scenes or a range', undefined)
const BOTH: FieldDefect = {
  ...{ field: 'scenes', rule: 'contradiction', value: undefined },
  message: 'scenes: expected either scenes or a range, got both',
}

function parseRows({ scenes, range }: Fields): Parsed<RequestedRows> {
  if ((scenes === undefined) === (range === undefined)) {
    return { ok: false, defects: [scenes === undefined ? NEITHER : BOTH] }
  }
  if (range !== undefined) {
    const parsed = parseRange(range)
    return parsed.ok ? { ok: true, value: { kind: 'range', range: parsed.value } } : parsed
  }
  if (Array.isArray(scenes) && scenes.length > 0) return { ok: true, value: { kind: 'scenes', scenes } }
  const got = Array.isArray(scenes) ? 'an empty list' : scenes
  return { ok: false, defects: [fieldDefect('scenes', 'type', 'a list of at least one scene', got)] }
}

const FLAGS = ['checkPath', 'autoColor', 'hyaline']
const NUMBERS = ['width', 'epoch']
const TEXTS = ['endpoint', 'page', 'envVersion', 'format', 'lineColor']
const LOOK_PARAMETERS = [...TEXTS, ...FLAGS, ...NUMBERS]

/** The form of streamed bodies: the same fields as query parameters. Defects name the parameter. */
export function parseCampaignQuery(query: Fields, apps: ReadonlySet<AppId>): Parsed<CampaignDraft> {
  const known = new Set([...DRAFT_FIELDS.filter((name) => name !== 'look'), ...LOOK_PARAMETERS])
  const unknown = unknownFields(query, known)
  const draft = parseDraft(fieldsOfQuery(query), apps)
  const defects = [...unknown, ...defectsOf(draft).map(asParameter)]
  return defects.length > 0 || !draft.ok ? { ok: false, defects } : draft
}

function fieldsOfQuery(query: Fields): Fields {
  const look = LOOK_PARAMETERS.filter((name) => query[name] !== undefined).map((name) => [
    name,
    lookValue(name, query[name]),
  ])
  const { app, name, badRows, priority, canary, heals, lifetimeGuard } = query
  const numbers = { priority: toNumber(priority), canary: toNumber(canary) }
  const guard = lookValue('checkPath', lifetimeGuard)
  return { app, name, badRows, heals, ...numbers, lifetimeGuard: guard, look: Object.fromEntries(look) }
}

function lookValue(name: string, text: unknown): unknown {
  if (NUMBERS.includes(name)) return toNumber(text)
  if (FLAGS.includes(name)) return text === 'true' ? true : text === 'false' ? false : text
  if (name !== 'lineColor' || typeof text !== 'string') return text
  const match = /^(\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(text)
  return match === null ? text : { r: Number(match[1]), g: Number(match[2]), b: Number(match[3]) }
}

/** What isn't one stays as it came, to be named by its defect. */
const toNumber = (text: unknown): unknown =>
  typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text

const asParameter = (defect: FieldDefect): FieldDefect => ({
  ...defect,
  field: defect.field.replace(/^look\./, ''),
  message: defect.message.replace(/^look\./, ''),
})

function appDefects(app: unknown, apps: ReadonlySet<AppId>): FieldDefect[] {
  if (apps.has(app as AppId)) return []
  return app === undefined
    ? [fieldDefect('app', 'required', 'an appid', app)]
    : [fieldDefect('app', 'unknown_app', knownApps(apps), app)]
}

/** More would hide the message; GET /v1/apps lists them. */
const MOST_APPS_NAMED = 20

const knownApps = (apps: ReadonlySet<AppId>): string =>
  apps.size <= MOST_APPS_NAMED ? `one of ${[...apps].join(', ')}` : 'an app that this service knows'

function nameDefects(name: unknown): FieldDefect[] {
  if (name === null) return []
  const fits =
    typeof name === 'string' && name !== '' && [...name.slice(0, 1_000)].length <= MOST_NAME_CHARACTERS
  if (fits && !/\p{Cc}/u.test(name) && name.isWellFormed()) return []
  return [fieldDefect('name', 'format', `1 to ${MOST_NAME_CHARACTERS} printable characters`, name)]
}

const defectsOf = (parsed: Parsed<unknown>): readonly FieldDefect[] => (parsed.ok ? [] : parsed.defects)
