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
  readonly signal?: AbortSignal
  readonly everyMs?: number
}

const EVERY_MS = 500
const PATIENCE_MS = 60_000

/** Resolves with the campaign as it ended. Rejects with what the API said, or with the signal's reason. */
export async function followCampaign(
  client: Pick<Client, 'getCampaign'>,
  id: string,
  { clock, onProgress, signal, everyMs = EVERY_MS }: FollowOptions,
): Promise<Campaign> {
  let rate: Rate = []
  let answeredAtMs = clock.monotonic()
  for (;;) {
    try {
      const campaign = await client.getCampaign(id, signal === undefined ? {} : { signal })
      answeredAtMs = clock.monotonic()
      const { total, pending } = campaign.counts
      rate = advanceRate(rate, { atMs: answeredAtMs, done: total - pending })
      onProgress({ campaign, speed: perSecond(rate) })
      if (FINAL_STATES.has(campaign.state)) return campaign
    } catch (error) {
      if (!mayPass(error) || clock.monotonic() - answeredAtMs > PATIENCE_MS) throw error
    }
    await clock.sleep(everyMs, signal)
  }
}

/** Worth asking again: no answer, too many requests, or a fault of the server's own. */
const mayPass = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  (error instanceof ProblemError && (error.status === 429 || error.status >= 500))
