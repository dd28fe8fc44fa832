/** A schedule: which campaign is made each night, and when. Its record as the ledger keeps it, and the parser of requests. Pure. */
import {
  type BadRows,
  type CampaignWindow,
  DEFAULT_PRIORITY,
  MAX_PRIORITY,
  MIN_PRIORITY,
} from './campaign.js'
import { defective, type FieldDefect, fieldDefect, type Parsed, parsed } from './field-defect.js'
import type { AppId } from './ids.js'
import { type Look, parseLook } from './look.js'
import { cronDefects } from './schedule-cron.js'
import { parseSource, type RangeSource, type ScheduleSource } from './schedule-source.js'
import { isLocalTime, isTimeZone, type LocalTime } from './schedule-time.js'
import { parseWindow } from './schedule-window.js'
import { unknownFields } from './unknown-fields.js'

/** Until when a night's source is tried: so long after its beginning, or the next time that the local clocks show this. */
export type ScheduleDeadline =
  | { readonly kind: 'after'; readonly minutes: number }
  | { readonly kind: 'at'; readonly time: LocalTime }

export type MissedChoice = 'run_once' | 'skip'

/** What a request may say. */
export interface ScheduleDefinition {
  readonly app: AppId
  /** minute hour day month weekday; one minute and one hour. */
  readonly cron: string
  /** IANA. */
  readonly timeZone: string
  /** Outside of it the night's campaign waits. */
  readonly window: CampaignWindow | null
  readonly deadline: ScheduleDeadline | null
  /** Of the campaign; {yyyy}, {mm} and {dd} stand for the date. null: the schedule's name and the date. */
  readonly campaignName: string | null
  readonly priority: number
  readonly look: Look
  readonly badRows: BadRows
  readonly source: ScheduleSource
  /** What becomes of a night at which nobody was there. */
  readonly missed: MissedChoice
  readonly paused: boolean
}

/** schedules/<name>.json, version 1. */
export interface ScheduleRecord extends ScheduleDefinition {
  readonly v: 1
  readonly name: string
  /** Nights that began earlier are nobody's: it was made, changed its times or was resumed then. ISO 8601, UTC. */
  readonly since: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface ScheduleContext {
  /** Those that we print for. */
  readonly hasApp: (app: unknown) => boolean
  readonly parseRange: (value: unknown, at: string) => Parsed<Omit<RangeSource, 'kind'>>
}

const NAME = /^[a-z0-9-]{1,40}$/
const DURATION = /^([1-9]\d{0,3})(m|h)$/
const MOST_MINUTES = 7 * 24 * 60
const MOST_NAME_CHARACTERS = 200
const FIELDS: ReadonlySet<string> = new Set([
  ...['app', 'cron', 'timeZone', 'window', 'deadline', 'campaignName'],
  ...['priority', 'look', 'badRows', 'source', 'missed', 'paused'],
])

export const isScheduleName = (value: string): boolean => NAME.test(value)

/** All defects at once. */
export function parseSchedule(body: unknown, context: ScheduleContext): Parsed<ScheduleDefinition> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return defective(fieldDefect('body', 'type', 'a JSON object', body))
  }
  const fields = body as Readonly<Record<string, unknown>>
  const { app, cron, timeZone, campaignName = null, priority = DEFAULT_PRIORITY } = fields
  const { badRows = 'refuse', missed = 'run_once', paused = false } = fields
  const window = parseWindow(fields['window'], timeZone)
  const deadline = parseDeadline(fields['deadline'])
  const look = parseLook(fields['look'])
  const source = parseSource(fields['source'], context.parseRange)
  const defects: FieldDefect[] = [
    ...unknownFields(fields, FIELDS),
    ...appDefects(app, context),
    ...cronDefects(cron, 'cron'),
    ...unless(isTimeZone(timeZone), 'timeZone', 'an IANA name such as Asia/Shanghai', timeZone),
    ...unless(campaignName === null || isText(campaignName), 'campaignName', PRINTABLE, campaignName),
    ...unless(
      isPriority(priority),
      'priority',
      `a whole number from ${MIN_PRIORITY} to ${MAX_PRIORITY}`,
      priority,
    ),
    ...unless(badRows === 'refuse' || badRows === 'skip', 'badRows', 'refuse | skip', badRows),
    ...unless(missed === 'run_once' || missed === 'skip', 'missed', 'run_once | skip', missed),
    ...unless(typeof paused === 'boolean', 'paused', 'true or false', paused),
    ...[window, deadline, look, source].flatMap((one) => (one.ok ? [] : one.defects)),
  ]
  if (defects.length > 0 || !window.ok || !deadline.ok || !look.ok || !source.ok)
    return { ok: false, defects }
  const values = { window: window.value, deadline: deadline.value, look: look.value, source: source.value }
  const plain = { app, cron, timeZone, campaignName, priority, badRows, missed, paused }
  return parsed({ ...plain, ...values } as ScheduleDefinition)
}

const PRINTABLE = `1 to ${MOST_NAME_CHARACTERS} printable characters`

function unless(fits: boolean, field: string, expected: string, value: unknown): FieldDefect[] {
  return fits ? [] : [fieldDefect(field, value === undefined ? 'required' : 'value', expected, value)]
}

const appDefects = (app: unknown, { hasApp }: ScheduleContext): FieldDefect[] =>
  hasApp(app)
    ? []
    : [
        fieldDefect(
          'app',
          app === undefined ? 'required' : 'unknown_app',
          'an app that this service knows',
          app,
        ),
      ]

const isPriority = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= MIN_PRIORITY && Number(value) <= MAX_PRIORITY

const isText = (value: unknown): boolean =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= MOST_NAME_CHARACTERS &&
  !/\p{Cc}/u.test(value) &&
  value.isWellFormed()

/** `6h`, `90m`, or a local time: `06:00`. */
export function parseDeadline(value: unknown, at = 'deadline'): Parsed<ScheduleDeadline | null> {
  if (value === undefined || value === null) return parsed(null)
  if (isLocalTime(value)) return parsed({ kind: 'at', time: value })
  const [, digits, unit] = (typeof value === 'string' ? DURATION.exec(value) : null) ?? []
  const minutes = Number(digits) * (unit === 'h' ? 60 : 1)
  if (minutes <= MOST_MINUTES) return parsed({ kind: 'after', minutes })
  return defective(
    fieldDefect(
      at,
      'format',
      'a duration up to seven days such as 6h or 90m, or a time of day such as 06:00',
      value,
    ),
  )
}

/** As it was written; the shortest form of a duration. */
export function formatDeadline(deadline: ScheduleDeadline | null): string | null {
  if (deadline === null) return null
  if (deadline.kind === 'at') return deadline.time
  return deadline.minutes % 60 === 0 ? `${deadline.minutes / 60}h` : `${deadline.minutes}m`
}

/**
 * The record after a request. Nights from before are let be where the times have changed or the schedule was paused: whoever
 * moves a night in the afternoon doesn't ask for the one that has passed.
 */
export function scheduleAfter(
  before: ScheduleRecord | null,
  name: string,
  definition: ScheduleDefinition,
  now: string,
): ScheduleRecord {
  const keeps =
    before !== null &&
    before.cron === definition.cron &&
    before.timeZone === definition.timeZone &&
    before.app === definition.app &&
    !(before.paused && !definition.paused)
  const since = keeps ? before.since : now
  return { v: 1, name, ...definition, since, createdAt: before?.createdAt ?? now, updatedAt: now }
}
