/**
 * The right to make calls, shared by any number of processes through Redis.
 * Promises: no 60 s interval holds more calls than a lane's limit, as long as nobody writes after `notAfterMs` (spacing.ts has
 * the arithmetic), and no day in Shanghai more than its own; nothing is given while Redis is away or a hold stands; a wait that
 * would be long is a WaitFault. A lane that WeChat finds too fast is held, slowed, and asks with one call first.
 * Not promised: who is first among processes; the quota across a split brain of two Redis masters.
 */
import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type Clock,
  type Hold,
  type HoldReason,
  type HoldTarget,
  LANES,
  type Lane,
  type Permit,
  type Permits,
  type Records,
  WaitFault,
} from '@sunpress/core'
import type { Redis } from '@sunpress/redis'
import { type AnswerContext, answerCall, type LaneAnswer } from './answer-call.js'
import { type CallGate, faultOfOutcome, type GatePass, openGate } from './call-gate.js'
import { createHoldScripts } from './hold-scripts.js'
import { createLaneHolds, lanesOf } from './lane-holds.js'
import { createLanes, laneKeys, type OpenLane } from './lanes.js'
import { createLeapWatch } from './leap-watch.js'
import type { LeaseContext } from './lease-slots.js'
import {
  createPermitScripts,
  type LaneUsage,
  LONGEST_HOLD_MS,
  type RejectionVerdict,
} from './permit-scripts.js'
import { createQuotaLedger } from './quota-ledger.js'
import { heldRefusal } from './refusal.js'
import { createReturns } from './returns.js'
import type { Slot } from './slots.js'
import { LATE_MS, MOST_AHEAD_MS } from './spacing.js'

export interface PermitsOptions {
  /** A command connection: it must fail fast while Redis is away. */
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** Calls in 60 s of a lane, its share already taken; read before every lease. */
  readonly limitOf: (app: AppId, lane: Lane) => number
  /** Calls in a day in Shanghai, its share already taken; null, the default: no limit is known. */
  readonly dayLimitOf?: (app: AppId, lane: Lane) => number | null
  /** Awaited before every lease: resolves when the limits of an app are known; a fault refuses those who wait. By default they are. */
  readonly limitsKnown?: (app: AppId) => Promise<void>
  /** Calls of the day that WeChat said lately remain; null, the default: it wasn't asked. */
  readonly remainOf?: (app: AppId, lane: Lane) => number | null
  /** The ledger. */
  readonly records: Records
  /** What stands before a permit besides its lane; by default all pass. */
  readonly gate?: CallGate
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
  /** WeChat found a call too many; `late`: one more of those that were under way. */
  rejected?(app: AppId, lane: Lane, verdict: Pick<RejectionVerdict, 'kind' | 'rate'>): void
}

export interface Usage extends LaneUsage {
  /** null: no limit is known. */
  readonly dayLimit: number | null
}

export interface QuotaPermits extends Permits {
  /** All holds of an app that stand now. Throws WaitFault `redis_unavailable`. */
  readHolds(app: AppId): Promise<readonly Hold[]>
  /** Ends the hold of this target and of no other. Other processes notice within a second. */
  lift(target: HoldTarget): Promise<void>
  /** WeChat has cleared the app's quotas: the day's calls count from 0 again, and what held a lane for the day ends. */
  restartDay(app: AppId): Promise<void>
  /** Throws WaitFault `redis_unavailable`. */
  usage(app: AppId, lane: Lane): Promise<Usage>
  /** Refuses all who wait, and all to come, with WaitFault `permits_closed`. The connection stays open. */
  close(): void
}

export function createPermits(options: PermitsOptions): QuotaPermits {
  const { clock, namespace, gate = openGate, observer = {} } = options
  const closing = new AbortController()
  const { scripts, ledger, returns, lanes, holds, answering, dayLimitOf } = openParts(options, closing.signal)
  /** What each permit was given for, until its call is answered. */
  const given = new WeakMap<Permit, { readonly slot: Slot; readonly pass: GatePass }>()

  function carryOut({ leased, dispenser }: OpenLane, slot: Slot, answer: LaneAnswer): void {
    if (answer.kind === 'unused') returns.add(leased, [slot])
    if (answer.kind === 'open') dispenser.resume()
    if (answer.kind !== 'rejected') return
    const { verdict } = answer
    observer.rejected?.(leased.app, leased.lane, verdict)
    if (verdict.reason !== null)
      dispenser.stop(heldRefusal(verdict.reason, clock.monotonic() + verdict.leftMs))
  }

  return {
    async take(ask, signal) {
      if (closing.signal.aborted) throw closedFault()
      const pass = await gate.enter(ask, signal)
      try {
        const slot = await lanes.open(ask.app, ask.lane).dispenser.take(signal)
        given.set(slot, { slot, pass })
        return slot
      } catch (fault) {
        await gate.answered(ask, pass, 'unused')
        throw fault
      }
    },
    async answered(ask, permit, outcome) {
      const known = given.get(permit)
      if (known === undefined) return faultOfOutcome(outcome)
      given.delete(permit)
      const lane = lanes.open(ask.app, ask.lane)
      // Redis is away: the fault is judged as it came, and the probe counts as dead after a while.
      const answer = await answerCall(answering, lane.leased, known.slot, outcome).catch(() => NOTHING)
      carryOut(lane, known.slot, answer)
      return await gate.answered(ask, known.pass, answer.kind === 'rejected' ? answer.fault : outcome)
    },
    async hold(target, hold) {
      if (target.scope === 'page' || target.scope === 'campaign') return await gate.hold(target, hold)
      const endsAtMs = clock.monotonic() + Math.min(hold.forMs, LONGEST_HOLD_MS)
      for (const lane of lanesOf(target))
        lanes.find(target.app, lane)?.dispenser.stop(heldRefusal(hold.reason, endsAtMs))
      await holds.put(target, hold)
    },
    async readHolds(app) {
      return (await Promise.all([holds.read(app), gate.readHolds(app)])).flat()
    },
    async lift(target) {
      if (target.scope === 'page' || target.scope === 'campaign') return await gate.lift(target)
      await holds.lift(target)
      for (const lane of lanesOf(target)) lanes.find(target.app, lane)?.dispenser.resume()
    },
    async restartDay(app) {
      for (const lane of LANES) {
        await ledger.forgetReserved(app, lane)
        const held = (await holds.read(app)).find(({ target, reason }) => isDayHold(target, reason, lane))
        if (held !== undefined) await ledger.removeHold(app, lane)
        await scripts.restartDay(laneKeys(namespace, app, lane))
        lanes.find(app, lane)?.dispenser.resume()
      }
    },
    async usage(app, lane) {
      const used = await scripts.readUsage(laneKeys(namespace, app, lane))
      return { ...used, dayLimit: dayLimitOf(app, lane) }
    },
    close() {
      closing.abort(closedFault())
      for (const { dispenser } of lanes.all())
        dispenser.stop({ endsAtMs: clock.monotonic(), fault: closedFault })
    },
  }
}

function openParts(options: PermitsOptions, signal: AbortSignal) {
  const { clock, namespace, redis, observer = {}, dayLimitOf = () => null } = options
  const scripts = createPermitScripts(redis)
  const ledger = createQuotaLedger(options.records)
  const returns = createReturns(scripts, () => randomUUID().slice(0, 13))
  const context: LeaseContext = {
    ...{ scripts, ledger, clock },
    watch: createLeapWatch(),
    lateMs: options.lateMs ?? LATE_MS,
    patienceMs: Math.min(options.patienceMs ?? MOST_AHEAD_MS, MOST_AHEAD_MS),
    wasted(lane, slots) {
      observer.wasted?.(lane.app, lane.lane, slots.length)
      returns.add(lane, slots)
    },
  }
  const lanes = createLanes({
    ...{ context, namespace, dayLimitOf, limitOf: options.limitOf, signal },
    limitsKnown: options.limitsKnown ?? (async () => {}),
    leaseMost: options.leaseMost ?? 25,
    granted: (app, lane, permits) => observer.granted?.(app, lane, permits),
  })
  const holds = createLaneHolds({
    ...{ scripts: createHoldScripts(redis), ledger, namespace },
    unrecorded(target, fault) {
      for (const lane of lanesOf(target)) observer.unrecorded?.(target.app, lane, fault)
    },
  })
  const remainOf: AnswerContext['remainOf'] = ({ app, lane }) => options.remainOf?.(app, lane) ?? null
  return { scripts, ledger, returns, lanes, holds, answering: { scripts, remainOf }, dayLimitOf }
}

const isDayHold = (target: HoldTarget, reason: HoldReason, lane: Lane): boolean =>
  reason === 'day_quota' && target.scope === 'lane' && target.lane === lane

const NOTHING: LaneAnswer = { kind: 'nothing' }
const closedFault = () => new WaitFault('permits_closed', 'this process takes no more permits', 0)
