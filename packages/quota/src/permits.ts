/**
 * The right to make calls, shared by any number of processes through Redis.
 * Promises: no 60 s interval holds more calls than a lane's limit, as long as nobody writes after `notAfterMs` (spacing.ts has
 * the arithmetic); nothing is given while Redis is away or a hold stands; a wait that would be long is a WaitFault.
 * Not promised: who is first among processes; the quota across a split brain of two Redis masters.
 */
import {
  type AppId,
  type Clock,
  type Hold,
  LANES,
  type Lane,
  type Permits,
  type Records,
  WaitFault,
} from '@sunpress/core'
import { appKeys, type Redis } from '@sunpress/redis'
import { createDispenser, type Dispenser } from './dispenser.js'
import { createLeapWatch } from './leap-watch.js'
import { type LeaseContext, type LeasedLane, leaseSlots } from './lease-slots.js'
import { createPermitScripts, LONGEST_HOLD_MS } from './permit-scripts.js'
import { createQuotaLedger } from './quota-ledger.js'
import { heldRefusal } from './refusal.js'
import { LATE_MS, MOST_AHEAD_MS, WINDOW_MS } from './spacing.js'

export interface PermitsOptions {
  /** A command connection: it must fail fast while Redis is away. */
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** Calls in 60 s of a lane, its share already taken; read before every lease. */
  readonly limitOf: (app: AppId, lane: Lane) => number
  /** The ledger. */
  readonly records: Records
  readonly observer?: PermitsObserver
  /** Slots in one lease at most. */
  readonly leaseMost?: number
  /** A call not written so long after its slot takes another. */
  readonly lateMs?: number
  /** Slots farther ahead are not waited for; at most 2,000. */
  readonly patienceMs?: number
}

export interface PermitsObserver {
  granted?(app: AppId, lane: Lane, permits: number): void
  /** Reserved in Redis and then used by nobody. */
  wasted?(app: AppId, lane: Lane, permits: number): void
  /** A long hold stands in Redis but not in the ledger. */
  unrecorded?(app: AppId, lane: Lane, fault: unknown): void
}

export interface QuotaPermits extends Permits {
  /** The hold of a lane, null when there is none. Throws WaitFault `redis_unavailable`. */
  readHold(app: AppId, lane: Lane): Promise<Hold | null>
  /** Ends the holds of these lanes. Other processes notice within a second. */
  lift(app: AppId, lanes?: readonly Lane[]): Promise<void>
  /** Refuses all who wait, and all to come, with WaitFault `permits_closed`. The connection stays open. */
  close(): void
}

export function createPermits(options: PermitsOptions): QuotaPermits {
  const { clock, namespace, observer = {} } = options
  const context = toContext(options)
  const { scripts, ledger } = context
  const dispensers = new Map<string, Dispenser>()
  const closing = new AbortController()
  const keyOf = (app: AppId, lane: Lane) => appKeys(namespace, app).permits(lane)

  function dispenserOf(app: AppId, lane: Lane): Dispenser {
    const key = keyOf(app, lane)
    const known = dispensers.get(key)
    if (known !== undefined) return known
    const leased: LeasedLane = {
      app,
      lane,
      key,
      limit: () => options.limitOf(app, lane),
      leapsMended: context.watch.leaps(),
    }
    const made = createDispenser({
      clock,
      leaseMost: options.leaseMost ?? 25,
      patienceMs: context.patienceMs,
      lease: (wanted) => leaseSlots(context, leased, wanted, closing.signal),
      granted: (permits) => observer.granted?.(app, lane, permits),
      wasted: (permits) => observer.wasted?.(app, lane, permits),
    })
    dispensers.set(key, made)
    return made
  }

  /** Holds no longer than a window are learnt anew after a loss of Redis: its first hold is as long. */
  async function record(app: AppId, lane: Lane, hold: Hold & { leftMs: number }): Promise<void> {
    if (hold.leftMs <= WINDOW_MS) return
    try {
      await ledger.recordHold(app, lane, hold)
    } catch (fault) {
      observer.unrecorded?.(app, lane, fault)
    }
  }

  return {
    async take(app, lane, signal) {
      if (closing.signal.aborted) throw closedFault()
      return await dispenserOf(app, lane).take(signal)
    },
    async hold(app, lane, hold) {
      const lanes = hold.scope === 'app' ? LANES : [lane]
      const endsAtMs = clock.monotonic() + Math.min(hold.forMs, LONGEST_HOLD_MS)
      for (const each of lanes) dispensers.get(keyOf(app, each))?.stop(heldRefusal(hold.reason, endsAtMs))
      const standing = await scripts.hold(
        lanes.map((each) => keyOf(app, each)),
        hold,
      )
      await Promise.all(standing.map((each, i) => record(app, lanes[i] ?? lane, each)))
    },
    async readHold(app, lane) {
      const hold = await scripts.readHold(keyOf(app, lane))
      return hold === null ? null : { scope: hold.scope, reason: hold.reason, untilMs: hold.untilMs }
    },
    async lift(app, lanes = LANES) {
      for (const lane of lanes) await ledger.removeHold(app, lane)
      await scripts.lift(lanes.map((lane) => keyOf(app, lane)))
      for (const lane of lanes) dispensers.get(keyOf(app, lane))?.resume()
    },
    close() {
      closing.abort(closedFault())
      for (const dispenser of dispensers.values())
        dispenser.stop({ endsAtMs: clock.monotonic(), fault: closedFault })
    },
  }
}

function toContext(options: PermitsOptions): LeaseContext {
  return {
    scripts: createPermitScripts(options.redis),
    ledger: createQuotaLedger(options.records),
    clock: options.clock,
    watch: createLeapWatch(),
    lateMs: options.lateMs ?? LATE_MS,
    patienceMs: Math.min(options.patienceMs ?? MOST_AHEAD_MS, MOST_AHEAD_MS),
    wasted: (app, lane, slots) => options.observer?.wasted?.(app, lane, slots),
  }
}

const closedFault = () => new WaitFault('permits_closed', 'this process takes no more permits', 0)
