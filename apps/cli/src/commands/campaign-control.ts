import type { Campaign, Canary } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import { type Command, InvalidArgumentError } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeCounts } from '../show/describe-counts.js'

const ABOUT = {
  pause: 'stop a campaign until it is resumed',
  resume: 'go on with a paused campaign',
  cancel: 'end a campaign; what is published stays',
} as const

export function addCampaignControls(campaign: Command, context: Context, end: End): void {
  for (const name of ['pause', 'resume', 'cancel'] as const) {
    campaign
      .command(name)
      .description(ABOUT[name])
      .argument('<id>')
      .option('--json', 'one JSON document on stdout')
      .action(async (id: string, { json }: { json?: true }) => {
        const answer = await clientFromEnvironment(context.env).controlCampaign(id, name)
        tell(context, answer, json)
        end(EXIT.done)
      })
  }
  campaign
    .command('retry')
    .description('print refused scenes again; a completed campaign is open again')
    .argument('<id>')
    .option('--errcode <list>', "only those of WeChat's errcodes, as 41030,-1", parseErrcodes)
    .option('--reason <list>', 'only those of these reasons, as the failures list names them', parseList)
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, { errcode: errcodes, reason: reasons, json }: RetryOptions) => {
      const wish = {
        ...(errcodes === undefined ? {} : { errcodes }),
        ...(reasons === undefined ? {} : { reasons }),
      }
      tell(context, await clientFromEnvironment(context.env).retryFailed(id, wish), json)
      end(EXIT.done)
    })
  campaign
    .command('canary')
    .description(
      'look at what was printed first, beside the epoch before; exit code 3 when a picture is the old one, 1 when there is none yet',
    )
    .argument('<id>')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, { json }: { json?: true }) => {
      const canary = await clientFromEnvironment(context.env).getCanary(id)
      if (json) printJson(context, canary)
      else printLine(context, describeCanary(canary))
      // Whoever resumes by this exit code is to have seen something.
      if (canary.items.length === 0) end(EXIT.failed)
      else end(canary.same > 0 ? EXIT.refusals : EXIT.done)
    })
  campaign
    .command('priority')
    .description('let a campaign go by another priority, its waiting scenes as well')
    .argument('<id>')
    .argument('<n>', '1 to 9, 9 first', parsePriority)
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, priority: number, { json }: { json?: true }) => {
      tell(context, await clientFromEnvironment(context.env).prioritizeCampaign(id, priority), json)
      end(EXIT.done)
    })
}

/** Pure. */
export const describeCanary = ({ canary, items, same }: Canary): string =>
  [
    ...items.map(
      ({ scene, url, same: isSame }) =>
        `${scene}  ${url}${isSame === true ? '  as in the epoch before' : ''}`,
    ),
    items.length === 0
      ? 'None is printed yet.'
      : `${items.length} printed, ${same} of them as in the epoch before.`,
    ...(canary === null || items.length === 0
      ? []
      : ['When it waits for you, `campaign resume` lets it go on.']),
  ].join('\n')

interface RetryOptions {
  readonly errcode?: readonly number[]
  readonly reason?: readonly string[]
  readonly json?: true
}

function tell(context: Context, campaign: Campaign, json: true | undefined): void {
  if (json) printJson(context, campaign)
  else printLine(context, `${campaign.id}  ${campaign.state}  ${describeCounts(campaign.counts)}`)
}

/** Judged here: the producer would speak of a field, and what was typed has no name. Throws InvalidArgumentError. */
export function parsePriority(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 to 9')
  return Number(text)
}

const parseList = (text: string): string[] => text.split(',').filter((part) => part !== '')

/** Throws InvalidArgumentError. */
export function parseErrcodes(text: string): number[] {
  if (!/^-?\d{1,9}(,-?\d{1,9})*$/.test(text)) throw new InvalidArgumentError('expected errcodes, as 41030,-1')
  return text.split(',').map(Number)
}
