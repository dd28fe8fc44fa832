/** A campaign of 300 invented shops against the simulated WeChat, anew at every start. */
import { createReadStream } from 'node:fs'
import type { Campaign, CampaignFields, Client } from '@sunpress/client'
import type { Clock } from '@sunpress/core'
import { followCampaign } from '../follow-campaign.js'
import { describeCounts } from '../show/describe-counts.js'
import { renderPlainLine, renderProgressLine } from '../show/progress-line.js'
import type { Screen } from '../show/screen.js'
import { DEMO_STORES } from './paths.js'
import { DEMO_APP } from './plan-up.js'

export interface DemoOptions {
  readonly client: Client
  /** Of the producer: a picture's address may be relative to it. */
  readonly apiUrl: string
  readonly clock: Clock
  readonly screen: Screen
  readonly signal: AbortSignal
}

const EVERY_MS = 200

/** Rejects with what the API said, or with the signal's reason. */
export async function runDemo({ client, apiUrl, clock, screen, signal }: DemoOptions): Promise<Campaign> {
  const startedAtMs = clock.monotonic()
  const seconds = () => ((clock.monotonic() - startedAtMs) / 1000).toFixed(1)
  const made = await client.streamCampaign(
    planDemo(clock.now()),
    { type: 'text/csv', body: createReadStream(DEMO_STORES) },
    { signal },
  )
  screen.print(`Demo: campaign ${made.id} for ${DEMO_APP}, ${describeCounts(made.counts)}`)
  let first: Promise<void> | null = null
  // Nice to see early, nothing more: a failure of it is left aside.
  const tellFirst = async (): Promise<void> => {
    const at = seconds()
    const url = await firstPicture(client, made.id, clock, signal)
    screen.print(`First picture after ${at} s: ${new URL(url, apiUrl).href}`)
  }
  const ended = await followCampaign(client, made.id, {
    clock,
    signal,
    everyMs: EVERY_MS,
    onProgress: (progress) => {
      screen.status(
        (columns) => renderProgressLine(progress, columns),
        () => renderPlainLine(progress),
      )
      if (progress.campaign.counts.published > 0) first ??= tellFirst().catch(() => undefined)
    },
  }).finally(() => screen.settle())
  await first
  screen.print(`Demo ${ended.state} after ${seconds()} s: ${describeCounts(ended.counts)}`)
  return ended
}

/** The epoch is the time, so that each start prints pictures of its own. */
export const planDemo = (nowMs: number): CampaignFields => ({
  app: DEMO_APP,
  name: 'demo',
  look: { page: 'pages/index/index', epoch: Math.floor(nowMs / 1000) },
})

/** The manifest may follow the counts by a moment. */
async function firstPicture(client: Client, id: string, clock: Clock, signal: AbortSignal): Promise<string> {
  for (;;) {
    const [item] = (await client.manifestPage(id, { limit: 1, signal })).items
    if (item !== undefined) return item.url
    await clock.sleep(EVERY_MS, signal)
  }
}
