/** The Lua scripts with typed arguments and answers. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import type { Hold, HoldReason, HoldScope } from '@sunpress/core'
import { type Redis, readScript, runScript } from '@sunpress/redis'

export type TakeReply =
  | {
      readonly kind: 'granted'
      readonly firstUs: number
      readonly count: number
      readonly redisNowMs: number
    }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly redisNowMs: number }
  | {
      readonly kind: 'held'
      readonly waitMs: number
      readonly reason: HoldReason
      readonly redisNowMs: number
    }
  | { readonly kind: 'missing'; readonly redisNowMs: number }

export interface StandingHold extends Hold {
  readonly leftMs: number
}

export interface NewHold {
  readonly scope: HoldScope
  readonly reason: HoldReason
  readonly forMs: number
}

export interface PermitScripts {
  take(
    key: string,
    wish: { spacingUs: number; wanted: number; patienceMs: number; leapt: boolean },
  ): Promise<TakeReply>
  /** False when the state was there already. */
  init(key: string, spacingUs: number, hold: NewHold | null): Promise<boolean>
  /** The holds that stand now, one a key. */
  hold(keys: readonly string[], hold: NewHold): Promise<readonly StandingHold[]>
  readHold(key: string): Promise<StandingHold | null>
  lift(keys: readonly string[]): Promise<void>
}

/** A hold "until somebody looks" still has to be a number that Lua keeps exactly. */
export const LONGEST_HOLD_MS = 10 * 366 * 86_400_000

export function createPermitScripts(redis: Redis): PermitScripts {
  const script = (name: string) => readScript(name, import.meta.url)
  const take = script('take-permits')
  const init = script('init-permits')
  const hold = script('hold-lane')
  const readHold = script('read-hold')
  const lift = script('lift-hold')
  const holdMs = (forMs: number) => Math.min(LONGEST_HOLD_MS, Math.max(0, Math.ceil(forMs)))
  return {
    async take(key, { spacingUs, wanted, patienceMs, leapt }) {
      const args = [spacingUs, wanted, Math.round(patienceMs * 1_000), leapt ? '1' : '0']
      return parseTake((await runScript(redis, take, [key], args)) as TakeRow)
    },
    async init(key, spacingUs, first) {
      const args = [spacingUs, holdMs(first?.forMs ?? 0), first?.reason ?? '', first?.scope ?? '']
      return (await runScript(redis, init, [key], args)) === 1
    },
    async hold(keys, { scope, reason, forMs }) {
      const rows = (await runScript(redis, hold, keys, [holdMs(forMs), reason, scope])) as HoldRow[]
      return rows.map(parseHold)
    },
    async readHold(key) {
      const row = (await runScript(redis, readHold, [key], [])) as HoldRow | null
      return row === null ? null : parseHold(row)
    },
    async lift(keys) {
      await runScript(redis, lift, keys, [])
    },
  }
}

type TakeRow =
  | ['granted', number, number, number]
  | ['wait', number, number]
  | ['held', number, HoldReason, number]
  | ['missing', number]
type HoldRow = [number, HoldReason, HoldScope, number]

function parseTake(row: TakeRow): TakeReply {
  switch (row[0]) {
    case 'granted':
      return { kind: 'granted', firstUs: row[1], count: row[2], redisNowMs: row[3] / 1_000 }
    case 'wait':
      return { kind: 'wait', waitMs: row[1] / 1_000, redisNowMs: row[2] / 1_000 }
    case 'held':
      return { kind: 'held', waitMs: row[1], reason: row[2], redisNowMs: row[3] / 1_000 }
    case 'missing':
      return { kind: 'missing', redisNowMs: row[1] / 1_000 }
    default:
      return row satisfies never
  }
}

const parseHold = ([leftMs, reason, scope, untilMs]: HoldRow): StandingHold => ({
  leftMs,
  reason,
  scope,
  untilMs,
})
