/**
 * What a leader does on a timer, one loop an app: keep the lease, rebuild what was lost, feed the lanes, close manifests, end
 * campaigns. Any number of processes may run it; one leads, and whoever lost the lease is refused by its fencing number.
 */
import { type AppId, isHalt } from '@sunpress/core'
import type { Leadership } from '@sunpress/feed'
import { appKeys } from '@sunpress/redis'
import { createLaneFiller, type LaneFiller } from './fill-lanes.js'
import { finishCampaigns } from './finish-campaigns.js'
import { keepMarks } from './keep-marks.js'
import { createManifestWriter, type ManifestWriter } from './manifest-writer.js'
import { DONE, type RebuildReason, type StepEnd, type UpkeepParts } from './parts.js'
import { rebuild } from './rebuild.js'
import { createReconciler, type Reconciler } from './reconcile.js'
import { createSceneReader, type SceneReader } from './scene-reader.js'
import { sweep } from './sweep.js'
import { underLease } from './under-lease.js'

export interface Upkeep {
  start(): void
  /** Ends after the turn under way; gives its leases back. */
  stop(): Promise<void>
}

const BUSY_TURN_MS = 100
const IDLE_TURN_MS = 500
const AFTER_FAULT_MS = 1_000
const STAND_BACK_MS = 30_000
const SWEEP_EVERY_MS = 6 * 3_600_000

/** What a leader knows while it leads; a new one for every generation and every fencing number. */
interface Term {
  readonly leader: Leadership
  readonly writer: ManifestWriter
  readonly filler: LaneFiller
  readonly reconciler: Reconciler
}

export function createUpkeep(given: UpkeepParts): Upkeep {
  const parts = { ...given, campaigns: keepMarks(given.campaigns) }
  const stopping = new AbortController()
  const reader = createSceneReader(parts.campaigns)
  let loops: Promise<void>[] = []
  return {
    start() {
      if (loops.length > 0) return
      loops = parts.apps.map(({ appid }) => lead(parts, reader, appid, stopping.signal))
      loops.push(sweepAtTimes(parts, stopping.signal))
    },
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

/** Needs no lease: two that sweep at once do no harm. */
async function sweepAtTimes(parts: UpkeepParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep(parts).catch((fault) => parts.observer.failed('sweep', fault))
    await parts.clock.sleep(SWEEP_EVERY_MS, signal).catch(() => {})
  }
}

async function lead(parts: UpkeepParts, reader: SceneReader, app: AppId, signal: AbortSignal): Promise<void> {
  let term: Term | null = null
  while (!signal.aborted) {
    let pauseMs = IDLE_TURN_MS
    try {
      const last: Term | null = term
      const led: Led | null = await underLease(parts, app, (fence) =>
        leadOn(parts, reader, app, { fence, last }),
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
  await term?.writer.closeAll(term.leader).catch((fault) => parts.observer.failed(app, fault))
  await parts.leases.release(appKeys(parts.namespace, app), parts.holder).catch(() => {})
}

/** A ledger that this release can't read: another process, of a newer one perhaps, is to lead. */
async function standBack(parts: UpkeepParts, app: AppId): Promise<number> {
  await parts.leases.release(appKeys(parts.namespace, app), parts.holder).catch(() => {})
  return STAND_BACK_MS
}

/** What became of a turn: the term goes on, or is over (null). */
interface Led {
  readonly term: Term | null
  readonly pauseMs: number
}

async function leadOn(
  parts: UpkeepParts,
  reader: SceneReader,
  app: AppId,
  { fence, last }: { fence: number; last: Term | null },
): Promise<Led> {
  const term = await takeTerm(parts, reader, app, { fence, last })
  return term === null ? { term, pauseMs: IDLE_TURN_MS } : await turn(parts, term)
}

/** Keeps or begins a term: the index belongs to this generation and to this run of Redis, or is built anew. */
async function takeTerm(
  parts: UpkeepParts,
  reader: SceneReader,
  app: AppId,
  { fence, last }: { fence: number; last: Term | null },
): Promise<Term | null> {
  const [{ generation, builtOn }, runId] = await Promise.all([
    parts.index.readGeneration(app),
    parts.readRunId(),
  ])
  if (generation === null || builtOn !== runId) {
    const why = generation === null ? 'no_generation' : 'new_server'
    return await beginRebuilt(parts, reader, app, fence, why)
  }
  const isSame = last !== null && last.leader.fence === fence && last.leader.generation === generation
  return isSame ? last : beginTerm(parts, reader, { app, generation, fence })
}

const beginTerm = (parts: UpkeepParts, reader: SceneReader, leader: Leadership): Term => ({
  leader,
  writer: createManifestWriter(parts),
  filler: createLaneFiller(parts, reader),
  reconciler: createReconciler(parts),
})

async function beginRebuilt(
  parts: UpkeepParts,
  reader: SceneReader,
  app: AppId,
  fence: number,
  why: RebuildReason,
): Promise<Term | null> {
  const built = await rebuild(parts, app, fence)
  if (built === null) return null
  const leader = { app, generation: built.generation, fence }
  parts.observer.rebuilt(leader, why, built.campaigns)
  return beginTerm(parts, reader, leader)
}

async function turn(parts: UpkeepParts, term: Term): Promise<Led> {
  const { leader } = term
  const end = await work(parts, term)
  if (!end.ok) {
    if (end.because !== 'fenced') await parts.index.beginRebuild(leader.app, leader.fence)
    return { term: null, pauseMs: 0 }
  }
  const open = await parts.index.readOpen(leader.app)
  return { term, pauseMs: open.length > 0 ? BUSY_TURN_MS : IDLE_TURN_MS }
}

async function work(parts: UpkeepParts, { leader, filler, writer, reconciler }: Term): Promise<StepEnd> {
  const open = await parts.index.readOpen(leader.app)
  const filled = await filler.fill(leader, open)
  if (!filled.ok) return filled
  const written = await writer.write(leader, await parts.index.readOpen(leader.app))
  if (!written.ok) return written
  const finished = open.length > 0 ? await finishCampaigns(parts, leader, open) : DONE
  return finished.ok ? await reconciler.step(leader) : finished
}
