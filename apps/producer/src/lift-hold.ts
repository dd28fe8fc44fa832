/** Ends a hold before its time: what waited for it goes on at once. */
import { type Clock, type HoldTarget, LANES } from '@sunpress/core'
import type { LaneQueues } from '@sunpress/queue'
import type { QuotaPermits } from '@sunpress/quota'
import type { SharedTokens } from '@sunpress/wechat'

interface LiftParts {
  readonly permits: Pick<QuotaPermits, 'lift'>
  readonly tokens: Pick<SharedTokens, 'lift'>
  readonly queues: Pick<LaneQueues, 'wake'>
  readonly clock: Pick<Clock, 'sleep'>
}

/** Workers believe for so long that a hold stands: a job that was woken sooner would be put back for as long as it was to last. */
const BELIEVED_MS = 1_100

export const liftingOf =
  ({ permits, tokens, queues, clock }: LiftParts) =>
  async (target: HoldTarget): Promise<void> => {
    const { app, scope } = target
    if (scope === 'app') await tokens.lift(app)
    await permits.lift(target)
    // Jobs of a held page or campaign are dropped, and sent again.
    if (scope !== 'app' && scope !== 'lane') return
    const wake = async (): Promise<void> => {
      await clock.sleep(BELIEVED_MS)
      for (const lane of scope === 'lane' ? [target.lane] : LANES) await queues.wake(app, lane)
    }
    await wake()
    // A worker that had asked just before may put its job back just now. Nobody waits for it: it would come by itself later.
    void wake().catch(() => {})
  }
