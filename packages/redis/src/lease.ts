/** A lease with a fencing number: whoever lost it is refused by every script that checks the number. */
import type { Redis } from 'ioredis'
import { readScript, runScript } from './script.js'

export interface Leases {
  /** The fencing number while the lease is `holder`'s; null while it is somebody else's. */
  claim(keys: { lease: string; fence: string }, holder: string, forMs: number): Promise<number | null>
  release(keys: { lease: string }, holder: string): Promise<void>
}

export function createLeases(redis: Redis): Leases {
  const claimScript = readScript('claim-lease', import.meta.url)
  const releaseScript = readScript('release-lease', import.meta.url)
  return {
    async claim({ lease, fence }, holder, forMs) {
      const answer = Number(await runScript(redis, claimScript, [lease, fence], [holder, forMs]))
      return answer > 0 ? answer : null
    },
    async release({ lease }, holder) {
      await runScript(redis, releaseScript, [lease], [holder])
    },
  }
}
