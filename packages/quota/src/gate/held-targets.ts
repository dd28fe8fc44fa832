/**
 * Held pages and campaigns of all apps, and open runs of refusals, as this process knows them: at most a second old.
 * Promises: one round trip a second and app, however many ask; nothing is known while Redis can't be asked (fail closed); holds longer
 * than a minute outlive the loss of Redis. Not promised: that another process notices a hold sooner than after that second.
 */
import { type AppId, type Clock, type Hold, type NewHold, type Records, WaitFault } from '@sunpress/core'
import { appKeys, type Redis } from '@sunpress/redis'
import type { GateTarget } from '../call-gate.js'
import { LONGEST_HOLD_MS } from '../permit-scripts.js'
import { createGateScripts, type GateReply, type GateScripts, type NamedHold } from './gate-scripts.js'
import { type KeptHold, pageHash, targetName } from './gate-target.js'
import { createHoldLedger, type HoldLedger } from './hold-ledger.js'

export interface StandingTarget extends KeptHold {
  /** On the monotonic clock. */
  readonly endsAtMs: number
}

export interface GateView {
  readonly holds: ReadonlyMap<string, StandingTarget>
  /** Names whose run of refusals is open; own ones are added as they begin. */
  readonly runs: Set<string>
}

export interface HeldTargetsOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  readonly records: Records
  /** What is known is asked for again after so long. */
  readonly freshMs?: number
  /** A long hold stands in Redis but not in the ledger. */
  readonly unrecorded?: (target: GateTarget, fault: unknown) => void
}

export interface HeldTargets {
  view(app: AppId): Promise<GateView>
  /** What is known without asking, however old. */
  known(app: AppId): GateView | null
  hold(target: GateTarget, hold: NewHold): Promise<void>
  readHolds(app: AppId): Promise<readonly Hold[]>
  lift(target: GateTarget): Promise<void>
}

/** Shorter holds are learnt anew after a loss of Redis. */
const UNRECORDED_MS = 60_000
/** A hold is in the ledger so soon after it stands in Redis, or never. */
const GRACE_MS = 60_000
const LONGEST_RUN_MS = 86_400_000
const TRIES = 5

interface Seen {
  readonly view: GateView
  readonly atMs: number
}

export function createHeldTargets(options: HeldTargetsOptions): HeldTargets {
  const { clock, namespace, freshMs = 1_000 } = options
  const scripts = createGateScripts(options.redis)
  const ledger = createHoldLedger(options.records)
  const seen = new Map<AppId, Seen>()
  const flights = new Map<AppId, Promise<GateView>>()
  const keyOf = (app: AppId) => appKeys(namespace, app).gate
  const keysOf = (target: GateTarget) => {
    const { gate, page } = appKeys(namespace, target.app)
    return target.scope === 'page' ? [gate, page(pageHash(target.page))] : [gate]
  }

  const forget = (app: AppId) => {
    seen.delete(app)
    flights.delete(app)
  }

  const look = (app: AppId): Promise<GateView> => {
    const flight = lookOnce(app).finally(() => {
      if (flights.get(app) === flight) flights.delete(app)
    })
    flights.set(app, flight)
    return flight
    async function lookOnce(asked: AppId): Promise<GateView> {
      const atMs = clock.monotonic()
      const view = toView(await readLoaded({ scripts, ledger, clock }, keyOf(asked), asked), atMs)
      // What was asked for before a change here is not kept.
      if (flights.get(asked) === flight) seen.set(asked, { view, atMs })
      return view
    }
  }

  return {
    view(app) {
      const known = seen.get(app)
      if (known !== undefined && clock.monotonic() - known.atMs < freshMs) return Promise.resolve(known.view)
      return flights.get(app) ?? look(app)
    },
    known: (app) => seen.get(app)?.view ?? null,
    async hold(target, { reason, message, forMs }) {
      const kept: KeptHold = { target, reason, message }
      const leastMs = Math.min(LONGEST_HOLD_MS, Math.max(0, forMs))
      const standing = await scripts.hold(keysOf(target), targetName(target), leastMs, kept)
      forget(target.app)
      if (standing.leftMs <= UNRECORDED_MS) return
      const untilMs = clock.now() + standing.leftMs
      await ledger
        .record(target.app, { name: standing.name, untilMs, ...standing.kept })
        .catch((fault) => options.unrecorded?.(target, fault))
    },
    async readHolds(app) {
      const reply = await readLoaded({ scripts, ledger, clock }, keyOf(app), app)
      return reply.holds.map(({ leftMs, kept }) => ({ ...kept, untilMs: reply.nowMs + leftMs }))
    },
    async lift(target) {
      const name = targetName(target)
      await ledger.remove(target.app, name)
      await scripts.lift(keysOf(target), name)
      forget(target.app)
    },
  }
}

interface Sources {
  readonly scripts: GateScripts
  readonly ledger: HoldLedger
  readonly clock: Clock
}

/** A server that has forgotten, or that was restored, is told first what the ledger knows. */
async function readLoaded({ scripts, ledger, clock }: Sources, key: string, app: AppId): Promise<GateReply> {
  for (let tries = 1; ; tries++) {
    const reply = await scripts.read(key, LONGEST_RUN_MS)
    if (reply.loaded) return reply
    if (tries === TRIES)
      throw new WaitFault('gate_unsettled', 'what is held vanishes from Redis again and again', 1_000)
    const nowMs = clock.now()
    const recorded = (await ledger.readAll(app, nowMs)).map(({ name, untilMs, ...kept }) => {
      return { name, leftMs: untilMs - nowMs, kept }
    })
    await scripts.load(key, reply, { unrecordedMs: UNRECORDED_MS, graceMs: GRACE_MS }, recorded)
  }
}

const toView = ({ holds, runs }: GateReply, atMs: number): GateView => ({
  holds: new Map(holds.map((hold: NamedHold) => [hold.name, { ...hold.kept, endsAtMs: atMs + hold.leftMs }])),
  runs: new Set(runs),
})
