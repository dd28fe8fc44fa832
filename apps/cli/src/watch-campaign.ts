/** `campaign watch`: progress as it goes, the counts at the end, and an exit code that scripts can go by. */
import type { Campaign, Client } from '@sunpress/client'
import { EXIT, type ExitCode, systemClock } from '@sunpress/runtime'
import { type Context, printJson, printLine } from './context.js'
import { followCampaign } from './follow-campaign.js'
import { describeCounts } from './show/describe-counts.js'
import { renderPlainLine, renderProgressLine } from './show/progress-line.js'
import { createScreen } from './show/screen.js'

export async function watchCampaign(
  context: Context,
  client: Pick<Client, 'getCampaign'>,
  id: string,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const screen = createScreen(json ? context.stderr : context.stdout)
  const campaign = await followCampaign(client, id, {
    clock: systemClock,
    onProgress: (progress) =>
      screen.status(
        (columns) => renderProgressLine(progress, columns),
        () => renderPlainLine(progress),
      ),
  }).finally(() => screen.settle())
  if (json) printJson(context, campaign)
  else printLine(context, `${campaign.id}  ${campaign.state}  ${describeCounts(campaign.counts)}`)
  return exitCodeOfCampaign(campaign)
}

/** Cancelled or failed is not done; a completed campaign with refusals is to be read about. Pure. */
export function exitCodeOfCampaign({ state, counts }: Campaign): ExitCode {
  if (state !== 'completed') return EXIT.failed
  return counts.refused > 0 ? EXIT.refusals : EXIT.done
}
