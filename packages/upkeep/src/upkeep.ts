/**
 * What a leader does on a timer, one loop an app: keep the lease, rebuild what was lost, feed the lanes, close manifests, end
 * campaigns. Any number of processes may run it; one leads, and whoever lost the lease is refused by its fencing number.
 */
import { type AppId, type Generation, isHalt } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { appKeys } from '@sunpress/redis'
import { type Canaries, createCanaries } from './canary.js'
import { type Checkpointer, createCheckpointer } from './checkpoints.js'
import { countRefused } from './count-refused.js'
import { createLaneFiller, type LaneFiller } from './fill-lanes.js'
import { finishCampaigns } from './finish-campaigns.js'
import { keepMarks } from './keep-marks.js'
import { keepWindows } from './keep-windows.js'
import { createKnownPictures, type KnownPictures } from './known-pictures/known-pictures.js'
import { createManifestWriter, type ManifestWriter } from './manifest-writer.js'
import { DONE, ended, type RebuildReason, type StepEnd, type UpkeepParts } from './parts.js'
import { createRates, type Rates } from './rates.js'
import { rebuild } from './rebuild.js'
import { createReconciler, type Reconciler } from './reconcile.js'
import { createSceneReader, type SceneReader } from './scene-reader.js'
import { type Aside, createAside } from './set-aside.js'
import { sweep } from './sweep.js'
import { underLease } from './under-lease.js'
import { createWindowBook, type WindowBook } from './window-book.js'

export interface Upkeep {
  start(): void
  /** Ends after the turn under way; gives its leases back. */
  stop(): Promise<void>
}

const BUSY_TURN_MS = 100
const IDLE_TURN_MS = 500
const MOST_BUSY_MS = 1_000
const AFTER_FAULT_MS = 1_000
const STAND_BACK_MS = 30_000
const SWEEP_EVERY_MS = 6 * 3_600_000

/** What a leader knows while it leads; a new one for every generation and every fencing number. */
interface Term {
  readonly leader: Leadership
  readonly writer: ManifestWriter
  readonly filler: LaneFiller
  readonly reconciler: Reconciler
  readonly canaries: Canaries
  readonly checkpoints: Checkpointer
  readonly rates: Rates
  readonly windows: WindowBook
  readonly aside: Aside
}

/** What the leaders of all apps share in a process. */
interface LeadParts extends UpkeepParts {
  readonly reader: SceneReader
  readonly known: KnownPictures
}

export function createUpkeep(given: UpkeepParts): Upkeep {
  const campaigns = keepMarks(given.campaigns)
  const parts: LeadParts = {
    ...given,
    campaigns,
    manifests: countRefused(given.manifests),
    reader: createSceneReader(campaigns),
    known: createKnownPictures(given),
  }
  const stopping = new AbortController()
  const led = new Map<AppId, Loop>()
  let sweeping: Promise<void> | null = null
  let endWatch = (): void => {}

  /** Apps that have come are led, those that have gone are left to others. */
  const follow = (): void => {
    const wanted = new Set(parts.apps.all().map(({ appid }) => appid))
    for (const [appid, loop] of led) if (!wanted.has(appid)) loop.leaving.abort()
    for (const appid of wanted) {
      if (led.has(appid) || stopping.signal.aborted) continue
      const leaving = new AbortController()
      const signal = AbortSignal.any([stopping.signal, leaving.signal])
      const ended = lead(parts, appid, signal).then(() => {
        led.delete(appid)
        // It may have come back while its loop ended.
        if (leaving.signal.aborted) follow()
      })
      led.set(appid, { leaving, ended })
    }
  }

  return {
    start() {
      if (sweeping !== null) return
      sweeping = sweepAtTimes(parts, stopping.signal)
      endWatch = parts.apps.onChange(follow)
      follow()
    },
    async stop() {
      endWatch()
      stopping.abort()
      await Promise.all([sweeping, ...[...led.values()].map(({ ended }) => ended)])
    },
  }
}

interface Loop {
  readonly leaving: AbortController
  readonly ended: Promise<void>
}

/** Needs no lease: two that sweep at once do no harm. */
async function sweepAtTimes(parts: UpkeepParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep(parts).catch((fault) => parts.observer.failed('sweep', fault))
    await parts.clock.sleep(SWEEP_EVERY_MS, signal).catch(() => {})
  }
}

async function lead(parts: LeadParts, app: AppId, signal: AbortSignal): Promise<void> {
  let term: Term | null = null
  const owed: Owed = { why: null }
  while (!signal.aborted) {
    let pauseMs = IDLE_TURN_MS
    try {
      const last: Term | null = term
      const led: Led | null = await underLease(parts, app, (fence) =>
        leadOn(parts, { app, fence, owed }, last),
      )
      term = led?.term ?? null
      pauseMs = led?.pauseMs ?? IDLE_TURN_MS
    } catch (fault) {
      parts.observer.failed(app, fault)
      term = null
      pauseMs = isHalt(fault) ? await standBack(parts, app) : AFTER_FAULT_MS
    }
    await parts.clock.sleep(pauseMs, signal).catch(() => {})
  }
  if (term !== null) await endTerm(term).catch((fault) => parts.observer.failed(app, fault))
  await parts.leases.release(appKeys(parts.namespace, app), parts.holder).catch(() => {})
}

/** Whoever leads next, and a rebuild, find all that was published. */
async function endTerm({ leader, writer, checkpoints }: Term): Promise<void> {
  const end = await writer.closeAll(leader)
  if (end.ok) await checkpoints.writeAll()
}

/** A ledger that this release can't read: another process, of a newer one perhaps, is to lead. */
async function standBack(parts: UpkeepParts, app: AppId): Promise<number> {
  await parts.leases.release(appKeys(parts.namespace, app), parts.holder).catch(() => {})
  return STAND_BACK_MS
}

/** Why the index is to be built anew, for as long as it isn't: whoever is interrupted in it has taken the generation away. */
interface Owed {
  why: RebuildReason | null
}

interface Lease {
  readonly app: AppId
  readonly fence: number
  readonly owed: Owed
}

/** What became of a turn: the term goes on, or is over (null). */
interface Led {
  readonly term: Term | null
  readonly pauseMs: number
}

async function leadOn(parts: LeadParts, lease: Lease, last: Term | null): Promise<Led> {
  const term = await takeTerm(parts, lease, last)
  return term === null ? { term, pauseMs: IDLE_TURN_MS } : await turn(parts, lease, term)
}

/** Keeps or begins a term: the index belongs to this generation and to this run of Redis, or is built anew. */
async function takeTerm(parts: LeadParts, lease: Lease, last: Term | null): Promise<Term | null> {
  const { app, fence, owed } = lease
  const { generation, unfit } = await readIndex(parts, app)
  if (generation === null) return await beginRebuilt(parts, lease, owed.why ?? 'no_generation')
  if (unfit !== null) return await beginRebuilt(parts, lease, unfit)
  owed.why = null
  const isSame = last !== null && last.leader.fence === fence && last.leader.generation === generation
  return isSame ? last : beginTerm(parts, { app, generation, fence })
}

/** `unfit`: the index as a whole counts for nothing. */
async function readIndex(
  parts: UpkeepParts,
  app: AppId,
): Promise<{ generation: Generation | null; unfit: 'no_generation' | 'new_server' | null }> {
  const [{ generation, builtOn }, runId] = await Promise.all([
    parts.index.readGeneration(app),
    parts.readRunId(),
  ])
  if (generation === null) return { generation, unfit: 'no_generation' }
  return { generation, unfit: builtOn === runId ? null : 'new_server' }
}

function beginTerm(parts: LeadParts, leader: Leadership): Term {
  const { reader, known } = parts
  const checkpoints = createCheckpointer(parts, reader)
  const writer = createManifestWriter(parts, checkpoints.closed)
  const aside = createAside(parts)
  const canaries = createCanaries(parts, aside)
  const windows = createWindowBook(parts.clock)
  return {
    leader,
    writer,
    filler: createLaneFiller(parts, reader, { leftOfCanary: canaries.leftOf, windows, aside, known }),
    reconciler: createReconciler(parts, writer, aside),
    canaries,
    checkpoints,
    rates: createRates(),
    windows,
    aside,
  }
}

async function beginRebuilt(
  parts: LeadParts,
  { app, fence, owed }: Lease,
  why: RebuildReason,
): Promise<Term | null> {
  owed.why = why
  const built = await rebuild(parts, app, fence)
  if (built === null) return null
  owed.why = null
  const leader = { app, generation: built.generation, fence }
  parts.observer.rebuilt(leader, why, built.campaigns)
  return beginTerm(parts, leader)
}

async function turn(parts: LeadParts, lease: Lease, term: Term): Promise<Led> {
  const end = await work(parts, term)
  if (end.ok) return { term, pauseMs: term.filler.isBusy ? 0 : pauseAfter(end.open) }
  if (end.because === 'fenced') return { term: null, pauseMs: 0 }
  // Whatever didn't fit: where all of Redis is another one, that is why.
  const { unfit } = await readIndex(parts, lease.app)
  return { term: await beginRebuilt(parts, lease, unfit ?? end.because), pauseMs: 0 }
}

/** Reading a thousand campaigns takes its time: the more there are, the fewer the turns. */
const pauseAfter = (open: number): number =>
  open === 0 ? IDLE_TURN_MS : Math.min(MOST_BUSY_MS, Math.max(BUSY_TURN_MS, open / 2))

/** One turn: gives how many campaigns are open. */
async function work(
  parts: UpkeepParts,
  { leader, filler, writer, reconciler, canaries, checkpoints, rates, windows, aside }: Term,
): Promise<(StepEnd & { ok: false }) | { ok: true; open: number }> {
  const heard = await reconciler.hear(leader)
  if (!heard.ok) return heard
  const before = await parts.index.readOpen(leader.app)
  const steps: (() => Promise<StepEnd>)[] = [
    () => keepWindows(parts, leader, windows, before),
    () => canaries.step(leader, before),
    () => filler.fill(leader, before),
    async () => await writer.write(leader, await parts.index.readOpen(leader.app)),
    () => finishCampaigns(parts, leader, before, aside, checkpoints.forget),
    () => reconciler.step(leader, before),
    () => noteRates(parts, leader, rates, before),
  ]
  for (const step of steps) {
    const end = await step()
    if (!end.ok) return end
  }
  // A convenience: that it can't be written now stops nothing.
  await checkpoints.step().catch((fault) => parts.observer.failed(leader.app, fault))
  return { ok: true, open: before.length }
}

async function noteRates(
  parts: UpkeepParts,
  leader: Leadership,
  rates: Rates,
  open: readonly CampaignIndex[],
): Promise<StepEnd> {
  for (const { id, perMinute } of rates.see(parts.clock.monotonic(), open)) {
    const answer = await parts.index.noteRate(leader, id, perMinute)
    if (answer !== 'noted') return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
  }
  return DONE
}
