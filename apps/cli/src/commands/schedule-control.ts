import type { ScheduleRun } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeOutcome } from './schedule-show.js'

const ABOUT = { pause: 'make no further nights', resume: 'make nights again' } as const

export function addScheduleControls(schedule: Command, context: Context, end: End): void {
  for (const command of ['pause', 'resume'] as const) {
    named(schedule, command, ABOUT[command]).action(async (name: string, { json }: { json?: true }) => {
      const after = await clientFromEnvironment(context.env).controlSchedule(name, command)
      if (json) printJson(context, after)
      else printLine(context, `${after.name}  next run ${after.nextRunAt ?? 'none: it is paused'}`)
      end(EXIT.done)
    })
  }
  named(schedule, 'run', 'make a campaign now, beside the nights').action(
    async (name: string, { json }: { json?: true }) => {
      const run = await clientFromEnvironment(context.env).runSchedule(name)
      if (json) printJson(context, run)
      else printLine(context, describeBegun(run))
      end(EXIT.done)
    },
  )
  named(schedule, 'delete', 'remove a schedule; its history and its campaigns stay').action(
    async (name: string, { json }: { json?: true }) => {
      await clientFromEnvironment(context.env).deleteSchedule(name)
      if (json) printJson(context, { name, deleted: true })
      else printLine(context, `${name}  deleted`)
      end(EXIT.done)
    },
  )
}

/** Whether its source can be read, and has anything new, isn't known yet: the campaign may come later, or never. Pure. */
export const describeBegun = ({ campaign, outcome, schedule, reason }: ScheduleRun): string =>
  outcome === 'running'
    ? `${campaign}  the run has begun; what came of it: sunpress schedule runs ${schedule}`
    : `${campaign}  ${describeOutcome({ outcome, reason })}: sunpress schedule runs ${schedule}`

const named = (schedule: Command, command: string, about: string): Command =>
  schedule
    .command(command)
    .description(about)
    .argument('<name>')
    .option('--json', 'one JSON document on stdout')
