/** A campaign of 300 invented shops against the simulated WeChat, anew at every start. */
import { createReadStream } from 'node:fs'
import type { Clock } from '@sunpress/core'
import type { Api } from '../api/api.js'
import type { Campaign } from '../api/shapes.js'
import { planCampaignRequest } from '../campaign-request.js'
import { followCampaign } from '../follow-campaign.js'
import { describeCounts } from '../show/describe-counts.js'
import { renderPlainLine, renderProgressLine } from '../show/progress-line.js'
import type { Screen } from '../show/screen.js'
import { DEMO_STORES } from './paths.js'
import { DEMO_APP } from './plan-up.js'

export interface DemoOptions {
  readonly api: Api
  /** Of the producer: a picture's address may be relative to it. */
  readonly apiUrl: string
  readonly clock: Clock
  readonly screen: Screen
  readonly signal: AbortSignal
}

const EVERY_MS = 200

/** Rejects with what the API said, or with the signal's reason. */
export async function runDemo({ api, apiUrl, clock, screen, signal }: DemoOptions): Promise<Campaign> {
  const startedAtMs = clock.monotonic()
  const seconds = () => ((clock.monotonic() - startedAtMs) / 1000).toFixed(1)
  const made = await api.createCampaign(planDemo(clock.now()), createReadStream(DEMO_STORES))
  screen.print(`Demo: campaign ${made.id} for ${DEMO_APP}, ${describeCounts(made.counts)}`)
  let first: Promise<void> | null = null
  // Nice to see early, nothing more: a failure of it is left aside.
  const tellFirst = async (): Promise<void> => {
    const at = seconds()
    const url = await firstPicture(api, made.id, clock, signal)
    screen.print(`First picture after ${at} s: ${new URL(url, apiUrl).href}`)
  }
  const ended = await followCampaign(api, made.id, {
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
export const planDemo = (nowMs: number) =>
  planCampaignRequest({
    app: DEMO_APP,
    name: 'demo',
    page: 'pages/index/index',
    epoch: Math.floor(nowMs / 1000),
    checkPath: true,
    csv: DEMO_STORES,
  })

/** The manifest may follow the counts by a moment. */
async function firstPicture(api: Api, id: string, clock: Clock, signal: AbortSignal): Promise<string> {
  for (;;) {
    const [item] = (await api.manifest(id, 1)).items
    if (item !== undefined) return item.url
    await clock.sleep(EVERY_MS, signal)
  }
}
