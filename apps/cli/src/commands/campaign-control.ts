import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
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
        if (json) printJson(context, answer)
        else printLine(context, `${answer.id}  ${answer.state}  ${describeCounts(answer.counts)}`)
        end(EXIT.done)
      })
  }
}
