/** The Lua scripts of pace and counts with typed arguments and answers. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import type { HoldReason } from '@sunpress/core'
import { type Redis, readScript, runScript } from '@sunpress/redis'
import { parseTake, type TakeReply, type TakeRow } from './take-reply.js'

/** A lane's permits and the hold of its app: in one slot of a cluster. */
export interface LaneKeys {
  readonly permits: string
  readonly appHold: string
}

export interface TakeWish {
  readonly spacingUs: number
  readonly wanted: number
  readonly patienceMs: number
  readonly leapt: boolean
  /** null: none. */
  readonly dayLimit: number | null
}

/** A hold as the ledger has it. */
export interface PastHold {
  readonly reason: HoldReason
  readonly forMs: number
  readonly message: string | null
}

/** What the ledger knows of a lane. */
export interface LanePast {
  /** 0: it was never called. */
  readonly windowMs: number
  readonly laneHold: PastHold | null
  readonly appHold: PastHold | null
  readonly day: DayPast
}

export interface DayPast {
  readonly day: number
  readonly reserved: number
}

export interface Reservation {
  readonly day: number
  readonly before: number
  readonly reserved: number
  /** Begins the day's count, where it is another's. */
  readonly opens: boolean
}

export interface Rejection {
  readonly untilNextMinuteMs: number
  readonly slotRedisUs: number
  readonly mayBeDay: boolean
  readonly dayLimit: number | null
  /** The share of a day's calls that is as good as all. */
  readonly spentShare: number
  readonly nothingRemains: boolean
  readonly message: string
}

export interface RejectionVerdict {
  readonly kind: 'minute' | 'day' | 'late'
  readonly leftMs: number
  /** null: no hold stands any more. */
  readonly reason: HoldReason | null
  readonly rate: number
}

export interface LaneUsage {
  /** Permits given in this clock minute of Redis. */
  readonly usedThisMinute: number
  /** Calls of this day in Shanghai: permits given less those that came back unused. */
  readonly usedToday: number
  /** Of the limit of a minute, above 0 up to 1. */
  readonly rate: number
  /** One call goes ahead of all others. */
  readonly probing: boolean
}

export interface PermitScripts {
  take(keys: LaneKeys, wish: TakeWish): Promise<TakeReply>
  /** False when the state was settled already. */
  settle(keys: LaneKeys, spacingUs: number, past: LanePast): Promise<boolean>
  reserve(keys: LaneKeys, reservation: Reservation): Promise<void>
  giveBack(keys: LaneKeys, permits: number, day: number, word: string): Promise<void>
  reject(keys: LaneKeys, rejection: Rejection): Promise<RejectionVerdict>
  endProbe(keys: LaneKeys, end: 'passed' | 'unknown', givenAtUs: number): Promise<void>
  readUsage(keys: LaneKeys): Promise<LaneUsage>
  restartDay(keys: LaneKeys): Promise<void>
}

/** A hold "until somebody looks" still has to be a number that Lua keeps exactly. */
export const LONGEST_HOLD_MS = 10 * 366 * 86_400_000

export const toHoldMs = (forMs: number): number => Math.min(LONGEST_HOLD_MS, Math.max(0, Math.ceil(forMs)))

export function createPermitScripts(redis: Redis): PermitScripts {
  const scripts = new Map(
    (
      [
        'take-permits',
        'settle-permits',
        'reserve-day',
        'return-permits',
        'reject-call',
        'end-probe',
        'read-usage',
        'restart-day',
      ] as const
    ).map((name) => [name, readScript(name, import.meta.url)]),
  )
  type Name = typeof scripts extends Map<infer N, unknown> ? N : never
  const run = (name: Name, keys: readonly string[], args: readonly (string | number)[]) => {
    const script = scripts.get(name)
    if (script === undefined) throw new RangeError(`no script ${name}`)
    return runScript(redis, script, keys, args)
  }
  return {
    async take({ permits, appHold }, { spacingUs, wanted, patienceMs, leapt, dayLimit }) {
      const args = [spacingUs, wanted, Math.round(patienceMs * 1_000), leapt ? '1' : '0', dayLimit ?? 0]
      return parseTake((await run('take-permits', [permits, appHold], args)) as TakeRow)
    },
    async settle({ permits, appHold }, spacingUs, { windowMs, laneHold, appHold: held, day }) {
      const args = [spacingUs, windowMs, ...toArgs(laneHold), ...toArgs(held), day.day, day.reserved]
      return (await run('settle-permits', [permits, appHold], args)) === 1
    },
    async reserve({ permits }, { day, before, reserved, opens }) {
      await run('reserve-day', [permits], [day, before, reserved, opens ? '1' : '0'])
    },
    async giveBack({ permits }, count, day, word) {
      await run('return-permits', [permits], [count, day, word])
    },
    async reject({ permits }, rejection) {
      return parseRejection((await run('reject-call', [permits], toRejectArgs(rejection))) as RejectRow)
    },
    async endProbe({ permits }, end, givenAtUs) {
      await run('end-probe', [permits], [end, givenAtUs])
    },
    async restartDay({ permits }) {
      await run('restart-day', [permits], [])
    },
    async readUsage({ permits }) {
      return parseUsage((await run('read-usage', [permits], [])) as UsageRow)
    },
  }
}

type RejectRow = [RejectionVerdict['kind'], number, HoldReason | '', string]
type UsageRow = [number, number, string, number]

const toArgs = (hold: PastHold | null): readonly (string | number)[] =>
  hold === null ? [0, '', ''] : [toHoldMs(hold.forMs), hold.reason, hold.message ?? '']

const toRejectArgs = (rejection: Rejection): readonly (string | number)[] => [
  Math.max(0, Math.ceil(rejection.untilNextMinuteMs)),
  Math.round(rejection.slotRedisUs),
  rejection.mayBeDay ? '1' : '0',
  rejection.dayLimit ?? 0,
  rejection.spentShare,
  rejection.nothingRemains ? '1' : '0',
  rejection.message,
]

const parseRejection = ([kind, leftMs, reason, rate]: RejectRow): RejectionVerdict => ({
  kind,
  leftMs,
  reason: reason === '' ? null : reason,
  rate: Number(rate),
})

const parseUsage = ([usedThisMinute, usedToday, rate, probing]: UsageRow): LaneUsage => ({
  usedThisMinute,
  usedToday,
  rate: Number(rate),
  probing: probing === 1,
})
