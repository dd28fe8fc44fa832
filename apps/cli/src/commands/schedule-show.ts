import type { Schedule, ScheduleRun } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { parseWhole } from '../campaign-request.js'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { shown } from '../show/describe-counts.js'
import { renderTable } from '../show/table.js'
import { renderTime } from '../show/time.js'

interface Options {
  readonly limit: number
  readonly cursor?: string
  readonly json?: true
}

export function addScheduleShow(schedule: Command, context: Context, end: End): void {
  paged(schedule.command('list').description('list schedules')).action(async (options: Options) => {
    const page = await clientFromEnvironment(context.env).listSchedules(pageOf(options))
    if (options.json) printJson(context, page)
    else printPage(context, page, { none: 'no schedules', header: HEADER, rowOf })
    end(EXIT.done)
  })
  schedule
    .command('show')
    .description('show a schedule')
    .argument('<name>')
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, { json }: { json?: true }) => {
      const found = await clientFromEnvironment(context.env).getSchedule(name)
      if (json) printJson(context, found)
      else printLine(context, describeSchedule(found))
      end(EXIT.done)
    })
  paged(schedule.command('runs').description('its nights, newest first').argument('<name>')).action(
    async (name: string, options: Options) => {
      const page = await clientFromEnvironment(context.env).scheduleRunsPage(name, pageOf(options))
      if (options.json) printJson(context, page)
      else printPage(context, page, { none: 'no nights yet', header: RUN_HEADER, rowOf: runRowOf })
      end(EXIT.done)
    },
  )
}

const paged = (command: Command): Command =>
  command
    .option('--limit <n>', 'at most so many, up to 1000', parseWhole, 100)
    .option('--cursor <cursor>', 'goes on where an earlier list ended')
    .option('--json', 'one JSON document on stdout')

const pageOf = ({ limit, cursor }: Options) => ({ limit, ...(cursor === undefined ? {} : { cursor }) })

interface Table<T> {
  readonly none: string
  readonly header: readonly string[]
  readonly rowOf: (item: T) => string[]
}

function printPage<T>(
  context: Context,
  { items, nextCursor }: { items: readonly T[]; nextCursor: string | null },
  { none, header, rowOf: row }: Table<T>,
): void {
  printLine(context, items.length === 0 ? none : renderTable(header, items.map(row)))
  if (nextCursor !== null) context.stderr.write(`More: --cursor ${nextCursor}\n`)
}

const HEADER = ['NAME', 'APP', 'CRON', 'TIME ZONE', 'NEXT RUN', 'LAST NIGHT']

const rowOf = ({ name, app, cron, timeZone, nextRunAt, lastRun }: Schedule): string[] => [
  name,
  app,
  cron,
  timeZone,
  nextRunAt === null ? 'paused' : renderTime(nextRunAt),
  lastRun === null ? '-' : `${lastRun.date} ${describeOutcome(lastRun)}`,
]

const RUN_HEADER = ['DATE', 'OUTCOME', 'SCENES', 'STARTED', 'NEXT TRY', 'CAMPAIGN', 'DETAIL']

const runRowOf = (run: ScheduleRun): string[] => [
  run.manual ? `${run.date} (asked for)` : run.date,
  describeOutcome(run),
  run.total === null ? '-' : shown(run.total),
  renderTime(run.startedAt),
  run.nextTryAt === null ? '-' : renderTime(run.nextTryAt),
  run.outcome === 'created' ? run.campaign : '-',
  // In the last column: it may be long, and tell of several rows.
  (run.detail ?? '').replace(/\s+/g, ' '),
]

export const describeOutcome = ({ outcome, reason }: Pick<ScheduleRun, 'outcome' | 'reason'>): string =>
  reason === null ? outcome : `${outcome} (${reason})`

/** One field a line, the names in a column; nested values as JSON. Pure. */
export function describeSchedule({ lastRun, ...fields }: Schedule): string {
  const last =
    lastRun === null
      ? 'none yet'
      : `${lastRun.date} ${describeOutcome(lastRun)}${lastRun.detail === null ? '' : `: ${lastRun.detail}`}`
  const all = Object.entries({ ...fields, lastRun: last })
  const width = Math.max(...all.map(([name]) => name.length))
  return all
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('\n')
}
