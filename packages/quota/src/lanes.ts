/** The lanes that this process takes permits of: each with its place in Redis and its dispenser, made when it is first asked for. */
import type { AppId, Lane } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import { createDispenser, type Dispenser } from './dispenser.js'
import { type LeaseContext, type LeasedLane, leaseSlots } from './lease-slots.js'
import type { LaneKeys } from './permit-scripts.js'
import { WINDOW_MS } from './spacing.js'

export interface OpenLane {
  readonly leased: LeasedLane
  readonly dispenser: Dispenser
}

export interface Lanes {
  open(app: AppId, lane: Lane): OpenLane
  /** undefined: nobody has asked for permits of it here. */
  find(app: AppId, lane: Lane): OpenLane | undefined
  all(): Iterable<OpenLane>
}

export interface LanesOptions {
  readonly context: LeaseContext
  readonly namespace: string
  /** Slots in one lease at most, however fast the lane. */
  readonly leaseMost: number
  readonly limitOf: (app: AppId, lane: Lane) => number
  readonly dayLimitOf: (app: AppId, lane: Lane) => number | null
  /** Awaited before every lease: resolves when the limits are known. */
  readonly limitsKnown: (app: AppId) => Promise<void>
  readonly granted: (app: AppId, lane: Lane, permits: number) => void
  /** Aborts what waits for the ledger. */
  readonly signal: AbortSignal
}

/** A process that is killed takes no more of the quota with it; the travel to Redis takes less. */
const LEASE_MS = 80

/** A process that is busy with others for so long finds its next slot in hand. */
const STALL_MS = 250

/** As many slots as the lane's pace has in that time; two where they are close, for of one alone the next is asked for when it is due. */
export function leaseOf(limit: number, most: number): number {
  const close = Math.min(2, Math.ceil((limit * STALL_MS) / WINDOW_MS))
  return Math.max(1, Math.min(most, Math.max(close, Math.ceil((limit * LEASE_MS) / WINDOW_MS))))
}

export function laneKeys(namespace: string, app: AppId, lane: Lane): LaneKeys {
  const keys = appKeys(namespace, app)
  return { permits: keys.permits(lane), appHold: keys.appHold }
}

export function createLanes(options: LanesOptions): Lanes {
  const { context, namespace, signal } = options
  const known = new Map<string, OpenLane>()

  function make(app: AppId, lane: Lane): OpenLane {
    const leased: LeasedLane = {
      app,
      lane,
      keys: laneKeys(namespace, app, lane),
      limit: () => options.limitOf(app, lane),
      dayLimit: () => options.dayLimitOf(app, lane),
      leapsMended: context.watch.leaps(),
      reserving: false,
      lastLimit: 0,
    }
    const dispenser = createDispenser({
      clock: context.clock,
      leaseMost: () => leaseOf(leased.lastLimit, options.leaseMost),
      patienceMs: context.patienceMs,
      async lease(wanted) {
        await options.limitsKnown(app)
        return await leaseSlots(context, leased, wanted, signal)
      },
      granted: (permits) => options.granted(app, lane, permits),
      wasted: (slots) => context.wasted(leased, slots),
    })
    return { leased, dispenser }
  }

  return {
    open(app, lane) {
      const found = known.get(`${app}.${lane}`) ?? make(app, lane)
      known.set(`${app}.${lane}`, found)
      return found
    },
    find: (app, lane) => known.get(`${app}.${lane}`),
    all: () => known.values(),
  }
}
