/** A turn under an app's lease, which is kept for as long as the turn takes: a rebuild may take minutes. */
import type { AppId } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import type { UpkeepParts } from './parts.js'

const LEASE_MS = 10_000
const BEAT_MS = LEASE_MS / 4

/** null when somebody else leads. A holder that was frozen is fenced: its number is no longer the last one given out. */
export async function underLease<T>(
  parts: UpkeepParts,
  app: AppId,
  turn: (fence: number) => Promise<T>,
): Promise<T | null> {
  const { leases, holder, clock } = parts
  const keys = appKeys(parts.namespace, app)
  const fence = await leases.claim(keys, holder, LEASE_MS)
  if (fence === null) return null
  const over = new AbortController()
  const beat = async (): Promise<never> => {
    for (;;) {
      await clock.sleep(BEAT_MS, over.signal)
      await leases.claim(keys, holder, LEASE_MS)
    }
  }
  const beats = beat().catch(() => {})
  try {
    return await turn(fence)
  } finally {
    over.abort()
    await beats
  }
}
