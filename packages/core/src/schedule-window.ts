/** The hours in which a campaign may print, from one local time to another, across midnight as well. Pure. */
import type { CampaignWindow } from './campaign.js'
import { type FieldDefect, fieldDefect, type Parsed } from './field-defect.js'
import { addDays, instantOf, isLocalTime, isTimeZone, type LocalTime, localDateAt } from './schedule-time.js'
import { unknownFields } from './unknown-fields.js'

export interface WindowStanding {
  readonly open: boolean
  /** ISO 8601, UTC: when it closes, or opens next. */
  readonly changesAt: string
}

/** Whether the window is open, and until when it stays as it is. */
export function windowStanding(window: CampaignWindow, nowMs: number): WindowStanding {
  const nights = nightsAround(window, nowMs)
  const now = nights.find(({ opensMs, closesMs }) => opensMs <= nowMs && nowMs < closesMs)
  const next = nights.find(({ opensMs }) => opensMs > nowMs)
  const changesMs = now?.closesMs ?? next?.opensMs ?? nowMs
  return { open: now !== undefined, changesAt: new Date(changesMs).toISOString() }
}

export const isWindowOpen = (window: CampaignWindow, nowMs: number): boolean =>
  windowStanding(window, nowMs).open

/** Of yesterday to the day after tomorrow, in order; one that the clocks' change has swallowed is left out. */
function nightsAround({ from, to, timeZone }: CampaignWindow, nowMs: number) {
  const today = localDateAt(nowMs, timeZone)
  return [-2, -1, 0, 1, 2]
    .map((days) => {
      const opensOn = addDays(today, days)
      const closesOn = to > from ? opensOn : addDays(opensOn, 1)
      return { opensMs: instantOf(opensOn, from, timeZone), closesMs: instantOf(closesOn, to, timeZone) }
    })
    .filter(({ opensMs, closesMs }) => opensMs < closesMs)
}

/** `{ from, to }`; the zone is its schedule's. */
export function parseWindow(value: unknown, timeZone: unknown, at = 'window'): Parsed<CampaignWindow | null> {
  if (value === undefined || value === null) return { ok: true, value: null }
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { ok: false, defects: [fieldDefect(at, 'type', 'an object { from, to }', value)] }
  }
  const fields = value as Readonly<Record<string, unknown>>
  const { from, to } = fields
  const defects: FieldDefect[] = unknownFields(fields, new Set(['from', 'to']), (name) => `${at}.${name}`)
  if (!isLocalTime(from)) defects.push(timeDefect(`${at}.from`, from))
  if (!isLocalTime(to)) defects.push(timeDefect(`${at}.to`, to))
  if (from === to && isLocalTime(to))
    defects.push(fieldDefect(`${at}.to`, 'order', 'another time than "from"', to))
  if (defects.length > 0) return { ok: false, defects }
  // A zone that is none is its own field's defect.
  return {
    ok: true,
    value: {
      from: from as LocalTime,
      to: to as LocalTime,
      timeZone: isTimeZone(timeZone) ? timeZone : 'UTC',
    },
  }
}

const timeDefect = (field: string, value: unknown): FieldDefect =>
  fieldDefect(field, value === undefined ? 'required' : 'format', 'a time of day, 00:00 to 23:59', value)
