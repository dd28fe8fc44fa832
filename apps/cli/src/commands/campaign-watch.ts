import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import type { Context } from '../context.js'
import type { End } from '../program.js'
import { watchCampaign } from '../watch-campaign.js'

export function addCampaignWatch(campaign: Command, context: Context, end: End): void {
  campaign
    .command('watch')
    .description('follow a campaign to its end; exit code 3 when scenes were refused')
    .argument('<id>')
    .option('--json', 'one JSON document on stdout, at the end')
    .action(async (id: string, { json }: { json?: true }) => {
      end(await watchCampaign(context, clientFromEnvironment(context.env), id, { json: json === true }))
    })
}
