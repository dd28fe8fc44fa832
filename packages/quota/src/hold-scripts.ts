/** Holds of lanes and apps in Redis, beside the permits. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import type { HoldReason, NewHold } from '@sunpress/core'
import { type Redis, readScript, runScript } from '@sunpress/redis'
import { toHoldMs } from './permit-scripts.js'

export interface StandingHold {
  readonly leftMs: number
  readonly reason: HoldReason
  readonly message: string | null
  /** Epoch ms by the clock of Redis. */
  readonly untilMs: number
}

export interface HoldScripts {
  /** The hold that stands now. */
  put(key: string, hold: NewHold): Promise<StandingHold>
  /** One a key. */
  read(keys: readonly string[]): Promise<readonly (StandingHold | null)[]>
  lift(key: string): Promise<void>
}

export function createHoldScripts(redis: Redis): HoldScripts {
  const put = readScript('put-hold', import.meta.url)
  const read = readScript('read-holds', import.meta.url)
  const lift = readScript('lift-hold', import.meta.url)
  return {
    async put(key, { reason, forMs, message }) {
      return parseHold(
        (await runScript(redis, put, [key], [toHoldMs(forMs), reason, message ?? ''])) as HoldRow,
      )
    },
    async read(keys) {
      const rows = (await runScript(redis, read, keys, [])) as (HoldRow | null)[]
      return rows.map((row) => (row === null ? null : parseHold(row)))
    },
    async lift(key) {
      await runScript(redis, lift, [key], [])
    },
  }
}

type HoldRow = [number, HoldReason, string | null, number]

const parseHold = ([leftMs, reason, message, untilMs]: HoldRow): StandingHold => ({
  leftMs,
  reason,
  message: message === '' ? null : message,
  untilMs,
})
