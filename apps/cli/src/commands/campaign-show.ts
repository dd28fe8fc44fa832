import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeCampaign } from '../show/describe-campaign.js'

export function addCampaignShow(campaign: Command, context: Context, end: End): void {
  campaign
    .command('show')
    .description('how a campaign stands now: its state, why it waits and until when, its counts')
    .argument('<id>')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, { json }: { json?: true }) => {
      const found = await clientFromEnvironment(context.env).getCampaign(id)
      if (json) printJson(context, found)
      else printLine(context, describeCampaign(found))
      end(EXIT.done)
    })
}
