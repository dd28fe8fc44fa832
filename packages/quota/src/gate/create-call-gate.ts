/**
 * What stands before a permit besides the pace of its lane: held pages and campaigns, one probe for each page, the counts of a lifetime.
 * Promises: no round trip to Redis for a scene in the steady state (one a second and app); a hold is met at most a second after it
 * was made; nothing passes while Redis can't be asked. Not promised: that a refusal's run is exact in processes that met none of it.
 */
import type { AnyFault, AppId, CallOutcome, Clock, PageRef, PermitAsk, Records } from '@sunpress/core'
import type { Redis } from '@sunpress/redis'
import { type CallGate, faultOfOutcome, type GatePass, type GateTarget } from '../call-gate.js'
import type { Counted, CountedPass } from './counted.js'
import { campaignName, pageName } from './gate-target.js'
import { createHeldTargets, type GateView, type HeldTargets } from './held-targets.js'
import { campaignHeld, type HoldNumbers, heldFault, pageHeld, sharedCause } from './judge-refusal.js'
import { createPageProbes, type PagePass, type PageProbes } from './page-probes.js'
import { createRefusalRuns, type RefusalRuns } from './refusal-runs.js'

export interface GateNumbers extends HoldNumbers {
  readonly heldFreshMs: number
  readonly probeClaimMs: number
  readonly probeWaitMs: number
  readonly pageGoodForMs: number
  readonly pageBelievedMs: number
}

export const GATE_NUMBERS: GateNumbers = {
  pageHeldMs: 600_000,
  pageRefusals: 5,
  campaignRefusals: 20,
  heldFreshMs: 1_000,
  probeClaimMs: 30_000,
  probeWaitMs: 1_000,
  pageGoodForMs: 86_400_000,
  pageBelievedMs: 60_000,
}

export interface CallGateOptions {
  /** A command connection: it must fail fast while Redis is away. */
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** The ledger. */
  readonly records: Records
  /** The counts of a lifetime, see createLifetime; none: nothing is counted. */
  readonly counted?: readonly Counted[]
  readonly numbers?: Partial<GateNumbers>
  readonly observer?: CallGateObserver
}

export interface CallGateObserver {
  /** A long hold stands in Redis but not in the ledger. */
  unrecorded?(target: GateTarget, fault: unknown): void
  /** What became of a call could not be noted; the call's own outcome stands. */
  unnoted?(app: AppId, fault: unknown): void
}

interface Gates {
  readonly held: HeldTargets
  readonly probes: PageProbes
  readonly runs: RefusalRuns
  readonly counted: readonly Counted[]
  readonly numbers: GateNumbers
  readonly clock: Clock
}

interface Entered {
  readonly page: { readonly ref: PageRef; readonly pass: PagePass } | null
  readonly counted: readonly { readonly by: Counted; readonly pass: CountedPass }[]
}

export function createCallGate(options: CallGateOptions): CallGate {
  const gates = toGates(options)
  const entered = new WeakMap<GatePass, Entered>()
  return {
    async enter(ask, signal) {
      signal.throwIfAborted()
      const view = await gates.held.view(ask.app)
      throwIfHeld(gates, view, ask)
      const through = await enterAll(gates, ask)
      const pass: GatePass = { probe: typeof through.page?.pass.claim === 'string' }
      entered.set(pass, through)
      return pass
    },
    async answered(ask, pass, outcome) {
      const through = entered.get(pass) ?? NOTHING
      entered.delete(pass)
      try {
        return await answer(gates, ask, through, outcome)
      } catch (fault) {
        options.observer?.unnoted?.(ask.app, fault)
        return faultOfOutcome(outcome)
      }
    },
    async hold(target, hold) {
      if (target.scope === 'page') gates.probes.forget(target.app, target.page)
      await gates.held.hold(target, hold)
    },
    readHolds: (app) => gates.held.readHolds(app),
    lift: (target) => gates.held.lift(target),
  }
}

const NOTHING: Entered = { page: null, counted: [] }

function toGates(options: CallGateOptions): Gates {
  const { redis, namespace, clock, records, counted = [] } = options
  const numbers = { ...GATE_NUMBERS, ...options.numbers }
  const held = createHeldTargets({
    redis,
    namespace,
    clock,
    records,
    freshMs: numbers.heldFreshMs,
    unrecorded: (target, fault) => options.observer?.unrecorded?.(target, fault),
  })
  const probes = createPageProbes({
    redis,
    namespace,
    clock,
    claimMs: numbers.probeClaimMs,
    waitMs: numbers.probeWaitMs,
    goodForMs: numbers.pageGoodForMs,
    believedMs: numbers.pageBelievedMs,
  })
  return { held, probes, runs: createRefusalRuns(redis, namespace, held), counted, numbers, clock }
}

/** The page that WeChat will check; null when it checks none. */
function checkedPage({ lane, call: { look } }: PermitAsk): PageRef | null {
  if (lane !== 'unlimited' || !look.checkPath || look.page === null) return null
  return { page: look.page, envVersion: look.envVersion }
}

function throwIfHeld({ clock, probes }: Gates, { holds }: GateView, ask: PermitAsk): void {
  if (holds.size === 0) return
  const page = checkedPage(ask)
  for (const name of [campaignName(ask.campaign), ...(page === null ? [] : [pageName(page)])]) {
    const hold = holds.get(name)
    const leftMs = hold === undefined ? 0 : Math.ceil(hold.endsAtMs - clock.monotonic())
    if (hold === undefined || leftMs <= 0) continue
    if (page !== null && hold.target.scope === 'page') probes.forget(ask.app, page)
    throw heldFault(hold, leftMs)
  }
}

async function enterAll({ probes, counted }: Gates, ask: PermitAsk): Promise<Entered> {
  const ref = checkedPage(ask)
  if (ref !== null) return { page: { ref, pass: await probes.enter(ask.app, ref) }, counted: [] }
  const passes = []
  for (const by of counted) passes.push({ by, pass: await by.enter(ask) })
  return { page: null, counted: passes }
}

async function answer(
  gates: Gates,
  ask: PermitAsk,
  { page, counted }: Entered,
  outcome: CallOutcome,
): Promise<AnyFault | null> {
  const gated = outcome === 'passed' ? passed(gates, ask, page) : missed(gates, ask, page, outcome)
  const told = counted.map(({ by, pass }) => by.answered(ask, pass, outcome))
  const [fault, ...better] = await Promise.all([gated, ...told])
  return better.find((one) => one !== null) ?? fault
}

async function passed({ probes, runs }: Gates, ask: PermitAsk, page: Entered['page']): Promise<null> {
  await runs.end(ask.app, () => [campaignName(ask.campaign), ...(page === null ? [] : [pageName(page.ref)])])
  if (page !== null) await probes.passed(ask.app, page.ref, page.pass)
  return null
}

/** The claim of a probe that says nothing about its page is free at once. */
async function missed(
  gates: Gates,
  ask: PermitAsk,
  page: Entered['page'],
  outcome: Exclude<CallOutcome, 'passed'>,
): Promise<AnyFault | null> {
  const fault = faultOfOutcome(outcome)
  const cause = fault === null ? null : sharedCause(fault, page !== null)
  if (fault === null || cause !== 'page' || page === null) {
    if (page !== null) await gates.probes.unknown(ask.app, page.ref, page.pass)
    return fault === null || cause !== 'campaign' ? fault : await refusedByLook(gates, ask, fault)
  }
  return await refusedByPage(gates, ask, page, fault)
}

async function refusedByPage(
  { runs, numbers }: Gates,
  { app, call }: PermitAsk,
  { ref, pass }: NonNullable<Entered['page']>,
  fault: AnyFault,
): Promise<AnyFault> {
  if (fault.kind !== 'refuse' || fault.words === null) return fault
  const held = pageHeld(ref.page, ref.envVersion, fault.words, numbers)
  // The road makes the hold; until it stands, the claim keeps others from probing.
  if (pass.claim !== null) return held
  const run = await runs.note(app, pageName(ref), call, fault.words.errcode, numbers.pageRefusals)
  if (run.kind === 'held') return heldFault(run.kept, run.leftMs)
  return run.scenes >= numbers.pageRefusals ? held : fault
}

async function refusedByLook(
  { runs, numbers }: Gates,
  { app, campaign, call }: PermitAsk,
  fault: AnyFault,
): Promise<AnyFault> {
  if (fault.kind !== 'refuse' || fault.words === null) return fault
  const most = numbers.campaignRefusals
  const run = await runs.note(app, campaignName(campaign), call, fault.words.errcode, most)
  if (run.kind === 'held') return heldFault(run.kept, run.leftMs)
  return run.scenes >= most ? campaignHeld(fault.words, most) : fault
}
