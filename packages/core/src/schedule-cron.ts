/**
 * When a schedule runs: at one time of the local day, on the days that its cron names. Each run belongs to a local date, and no
 * date has two, whatever the clocks do. Pure.
 */
import { type CronExpression, CronExpressionParser } from 'cron-parser'
import { type FieldDefect, fieldDefect } from './field-defect.js'
import { addDays, instantOf, type LocalDate, type LocalTime, localDateAt } from './schedule-time.js'

/** One night: its local date, and the instant at which it begins. */
export interface ScheduledRun {
  readonly date: LocalDate
  /** Epoch ms. */
  readonly atMs: number
}

export interface CronSpec {
  readonly cron: string
  /** IANA. */
  readonly timeZone: string
}

const ONE_TIME_A_DAY = /^(?:[0-9]|[0-5][0-9])\s+(?:[0-9]|[01][0-9]|2[0-3])\s+\S+\s+\S+\s+\S+$/
/** cron-parser draws lots for H. */
const LOTS = /\bH\b/i
/** A leap year: what doesn't come in the years behind it never comes. */
const SOME_DAY = Date.UTC(2_024, 0, 1)

/** All that is wrong with a cron: five fields, one minute, one hour, and days that come. */
export function cronDefects(cron: unknown, field: string): FieldDefect[] {
  const expected =
    'five fields "minute hour day month weekday" with one minute and one hour, such as 30 2 * * *'
  if (cron === undefined) return [fieldDefect(field, 'required', expected, cron)]
  if (typeof cron !== 'string' || cron.length > 100 || LOTS.test(cron) || !ONE_TIME_A_DAY.test(cron.trim())) {
    return [fieldDefect(field, 'format', expected, cron)]
  }
  try {
    daysOf(cron, SOME_DAY).next()
    return []
  } catch {
    return [fieldDefect(field, 'format', 'days that come', cron)]
  }
}

/** The time of day of a cron that has no defect. */
export function timeOfCron(cron: string): LocalTime {
  const [minute = '', hour = ''] = cron.trim().split(/\s+/)
  return `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` as LocalTime
}

/** The first run that begins after `nowMs`. */
export function nextRunAfter(spec: CronSpec, nowMs: number): ScheduledRun {
  const days = daysOf(spec.cron, dayBefore(spec, nowMs, -2))
  for (;;) {
    const run = runOn(spec, days.next().toISOString())
    if (run.atMs > nowMs) return run
  }
}

/** The last run that has begun at `nowMs`. */
export function lastRunBefore(spec: CronSpec, nowMs: number): ScheduledRun {
  const days = daysOf(spec.cron, dayBefore(spec, nowMs, 2))
  for (;;) {
    const run = runOn(spec, days.prev().toISOString())
    if (run.atMs <= nowMs) return run
  }
}

/** The instant of a date, whether or not the cron names it. */
export const runOnDate = (spec: CronSpec, date: LocalDate): ScheduledRun => ({
  date,
  atMs: instantOf(date, timeOfCron(spec.cron), spec.timeZone),
})

const dayBefore = ({ timeZone }: CronSpec, nowMs: number, days: number): number =>
  Date.parse(`${addDays(localDateAt(nowMs, timeZone), days)}T00:00:00Z`)

const runOn = (spec: CronSpec, day: string | null): ScheduledRun =>
  runOnDate(spec, (day ?? '').slice(0, 10) as LocalDate)

/** In a calendar without zones, where every time of every day comes once. */
const daysOf = (cron: string, fromMs: number): CronExpression =>
  CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(fromMs) })
