/** Work on one schedule under its lease, kept for as long as it takes. Whoever loses the lease stops. */
import { scheduleKeys } from '@sunpress/redis'
import type { SchedulerParts } from './parts.js'

export const LEASE_MS = 15_000
const BEAT_MS = LEASE_MS / 3

type LeaseParts = Pick<SchedulerParts, 'leases' | 'holder' | 'namespace' | 'clock'>

/** null when another process works on it. `held` aborts when the lease is lost, or `signal` does. */
export async function underScheduleLease<T>(
  { leases, holder, namespace, clock }: LeaseParts,
  name: string,
  signal: AbortSignal,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const { lease: leaseOf, fence } = scheduleKeys(namespace)
  const keys = { lease: leaseOf(name), fence }
  const mine = await leases.claim(keys, holder, LEASE_MS)
  if (mine === null) return null
  const over = new AbortController()
  const lost = new AbortController()
  const beat = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(BEAT_MS, over.signal)
      // A Redis that is away takes no lease from anybody.
      const now: number | null = await leases.claim(keys, holder, LEASE_MS).catch((): number | null => mine)
      if (now !== mine) lost.abort(new Error('another process works on this schedule'))
    }
  }
  const beats = beat().catch(() => {})
  try {
    return await work(AbortSignal.any([signal, lost.signal]))
  } finally {
    over.abort()
    await beats
    await leases.release(keys, holder).catch(() => {})
  }
}
