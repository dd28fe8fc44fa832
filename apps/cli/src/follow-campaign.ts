/**
 * Asks for a campaign until it has ended. A producer that restarts, or is out of reach for a while, ends nothing: asking
 * goes on for a minute.
 */
import { type Campaign, type Client, ProblemError, UnreachableError } from '@sunpress/client'
import { type Clock, FINAL_STATES } from '@sunpress/core'
import type { Progress } from './show/progress-line.js'
import { advanceRate, perSecond, type Rate } from './show/rate.js'

export interface FollowOptions {
  readonly clock: Clock
  readonly onProgress: (progress: Progress) => void
  /** Told once each time that the producer has ceased to answer; asking goes on. */
  readonly onAway?: () => void
  readonly signal?: AbortSignal
  readonly everyMs?: number
}

const EVERY_MS = 500
const PATIENCE_MS = 60_000

/** Resolves with the campaign as it ended. Rejects with what the API said, or with the signal's reason. */
export async function followCampaign(
  client: Pick<Client, 'getCampaign'>,
  id: string,
  { clock, onProgress, onAway, signal, everyMs = EVERY_MS }: FollowOptions,
): Promise<Campaign> {
  let rate: Rate = []
  let answeredAtMs = clock.monotonic()
  let away = false
  for (;;) {
    try {
      const campaign = await client.getCampaign(id, signal === undefined ? {} : { signal })
      answeredAtMs = clock.monotonic()
      away = false
      const { published, refused } = campaign.counts
      rate = advanceRate(rate, { atMs: answeredAtMs, done: published + refused })
      onProgress({ campaign, speed: perSecond(rate) })
      if (FINAL_STATES.has(campaign.state)) return campaign
    } catch (error) {
      if (!mayPass(error) || clock.monotonic() - answeredAtMs > PATIENCE_MS) throw error
      if (!away) onAway?.()
      away = true
    }
    await clock.sleep(everyMs, signal)
  }
}

/** Worth asking again: no answer, too many requests, or a fault of the server's own. */
const mayPass = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ProblemError && (error.status === 429 || error.status >= 500))
