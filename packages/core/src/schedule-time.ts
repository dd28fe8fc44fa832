/**
 * Local dates and times of an IANA zone, and the instants that they mean. Pure; what the zone's clocks do is Node's own data.
 * A time that the clocks skip means the instant at which it would have come without the change (02:30 in the spring gap is
 * 03:30); one that comes twice means its first coming. cron-parser, by which BullMQ sets its timers, says the same.
 */
import type { Brand } from './brand.js'

/** `2026-03-29` */
export type LocalDate = Brand<string, 'LocalDate'>
/** `02:30`, from 00:00 to 23:59. */
export type LocalTime = Brand<string, 'LocalTime'>

const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/
/** Names of the tz database; Intl alone would take offsets too. */
const ZONE = /^[A-Za-z_]+(?:[/+-][A-Za-z0-9_+-]+)*$/
const DAY_MS = 86_400_000

export const isLocalTime = (value: unknown): value is LocalTime =>
  typeof value === 'string' && TIME.test(value)

export const isLocalDate = (value: unknown): value is LocalDate =>
  typeof value === 'string' &&
  DATE.test(value) &&
  new Date(`${value}T00:00:00Z`).toJSON()?.slice(0, 10) === value

export function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 64 || !ZONE.test(value)) return false
  try {
    return formatterOf(value) !== undefined
  } catch {
    return false
  }
}

/** The first instant, in epoch ms, at which the clocks of the zone show this; see above for those that they never show. */
export function instantOf(date: LocalDate, time: LocalTime, timeZone: string): number {
  const name = `${date} ${time} ${timeZone}`
  const known = instants.get(name)
  if (known !== undefined) return known
  if (instants.size >= MOST_INSTANTS) instants.clear()
  const found = findInstant(date, time, timeZone)
  instants.set(name, found)
  return found
}

/** Windows are asked about ten times a second, and the answer takes twenty looks at a calendar. */
const instants = new Map<string, number>()
const MOST_INSTANTS = 1_000

function findInstant(date: LocalDate, time: LocalTime, timeZone: string): number {
  const wall = Date.parse(`${date}T${time}:00Z`)
  const before = wall - offsetAt(wall - DAY_MS, timeZone)
  const after = wall - offsetAt(wall + DAY_MS, timeZone)
  const shown = [before, after].filter((at) => wallAt(at, timeZone) === wall)
  return shown.length > 0 ? Math.min(...shown) : before
}

/** The date that the zone's calendars show. */
export const localDateAt = (ms: number, timeZone: string): LocalDate => dateOf(wallAt(ms, timeZone))

export const localTimeAt = (ms: number, timeZone: string): LocalTime =>
  new Date(wallAt(ms, timeZone)).toISOString().slice(11, 16) as LocalTime

export const addDays = (date: LocalDate, days: number): LocalDate =>
  dateOf(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS)

const dateOf = (wall: number): LocalDate => new Date(wall).toISOString().slice(0, 10) as LocalDate

const offsetAt = (ms: number, timeZone: string): number => wallAt(ms, timeZone) - ms

/** What the clocks show at an instant, as if it were UTC; to the minute for whole minutes. */
function wallAt(ms: number, timeZone: string): number {
  const shown: Record<string, number> = {}
  for (const { type, value } of formatterOf(timeZone).formatToParts(ms)) shown[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1_000) + 1_000) % 1_000)
}

/** Making one costs a thousand times what using it does. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const there = formatters.get(timeZone)
  if (there !== undefined) return there
  const number = 'numeric'
  const fields = {
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  } as const
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    ...fields,
  })
  formatters.set(timeZone, made)
  return made
}
