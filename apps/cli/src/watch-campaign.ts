/** `campaign watch`: progress as it goes, the counts at the end, why scenes were refused, and an exit code that scripts can go by. */
import type { Campaign, Client } from '@sunpress/client'
import type { Clock } from '@sunpress/core'
import { EXIT, type ExitCode, systemClock } from '@sunpress/runtime'
import { type Context, printJson, printLine } from './context.js'
import { followCampaign } from './follow-campaign.js'
import { describeCounts } from './show/describe-counts.js'
import { describeRefusals } from './show/describe-refusals.js'
import { renderPlainLine, renderProgressLine } from './show/progress-line.js'
import { createScreen } from './show/screen.js'

export async function watchCampaign(
  context: Context,
  client: Pick<Client, 'getCampaign' | 'failuresPage'>,
  id: string,
  { json, clock = systemClock }: { readonly json: boolean; readonly clock?: Clock },
): Promise<ExitCode> {
  const screen = createScreen(json ? context.stderr : context.stdout)
  const tell = (line: string): void => screen.print(line, context.stderr)
  let awaitsLook = false
  const campaign = await followCampaign(client, id, {
    clock,
    onAway: () => tell('the producer does not answer; still trying'),
    onProgress: (progress) => {
      const { state, waitingReason } = progress.campaign
      const awaitedLook = awaitsLook
      awaitsLook = state === 'paused' && waitingReason === 'canary'
      if (awaitsLook && !awaitedLook) tell(`somebody has to look: npx sunpress campaign canary ${id}`)
      screen.status(
        (columns) => renderProgressLine(progress, columns),
        () => renderPlainLine(progress),
      )
    },
  }).finally(() => screen.settle())
  if (json) printJson(context, campaign)
  else printLine(context, `${campaign.id}  ${campaign.state}  ${describeCounts(campaign.counts)}`)
  if (campaign.counts.refused > 0) await tellRefusals(context, client, campaign, clock)
  return exitCodeOfCampaign(campaign)
}

const LOOKED_AT = 1_000
const LOOKS = 10
const BETWEEN_LOOKS_MS = 200

/** On stderr: the last line of stdout is that of the counts, or the document. A list that can't be read is only named. */
async function tellRefusals(
  { stderr }: Context,
  client: Pick<Client, 'failuresPage'>,
  { id, counts }: Campaign,
  clock: Clock,
): Promise<void> {
  const page = await readRefusals(client, id, Math.min(counts.refused, LOOKED_AT), clock).catch(() => null)
  if (page !== null && page.items.length > 0) stderr.write(`${describeRefusals(page)}\n`)
  stderr.write(`All of them: npx sunpress campaign failures ${id}\n`)
}

/** The list may follow the counts by a moment. */
async function readRefusals(client: Pick<Client, 'failuresPage'>, id: string, wanted: number, clock: Clock) {
  for (let look = 1; ; look++) {
    const page = await client.failuresPage(id, { limit: LOOKED_AT })
    if (page.items.length >= wanted || look === LOOKS) return page
    await clock.sleep(BETWEEN_LOOKS_MS)
  }
}

/** Cancelled or failed is not done; a completed campaign with refusals is to be read about. Pure. */
export function exitCodeOfCampaign({ state, counts }: Campaign): ExitCode {
  if (state !== 'completed') return EXIT.failed
  return counts.refused > 0 ? EXIT.refusals : EXIT.done
}
