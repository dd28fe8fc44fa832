/**
 * The road of one scene: take a permit, fetch the picture, inspect it whole, store and close it, and only then publish.
 * Every step is safe to repeat: a crash between two of them costs at most one more call to WeChat.
 */
import { inspectPicture } from '@sunpress/image'
import type { Clock } from './clock.js'
import type { ClosedCode } from './closed-code.js'
import { type CodeName, nameCode } from './code-id.js'
import { RefuseFault, RetryFault, WaitFault } from './fault.js'
import { judge, type Verdict } from './judge.js'
import { laneOf, upstreamOf } from './lane.js'
import type { CodeStore, WholePicture } from './ports/code-store.js'
import type {
  AccessToken,
  CodeApi,
  Permits,
  RoadObserver,
  RoadStage,
  SceneFeed,
  SceneStanding,
  Tokens,
} from './ports/road.js'
import { publishedEvent, type Refusal, refusedEvent } from './scene-events.js'
import type { SceneJob } from './scene-job.js'
import type { Turns } from './turns.js'

export interface Road {
  readonly feed: SceneFeed
  readonly store: CodeStore
  readonly tokens: Tokens
  readonly permits: Permits
  readonly api: CodeApi
  readonly clock: Clock
  readonly observer: RoadObserver
  /** Of this process: rows of one code wait for each other. */
  readonly turns: Turns
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface Attempt {
  /** Attempts already spent on this scene. */
  readonly spent: number
  /** Workers that died with this scene in hand. */
  readonly workersLost: number
  /** Aborts when this process takes no new work: a scene that has not called yet goes back. */
  readonly draining: AbortSignal
  /** Aborts calls in flight too. */
  readonly signal: AbortSignal
}

/** What the queue is to do with the job. */
export type RoadEnd =
  /** The scene is published or refused, or the job was no longer wanted: remove it. */
  | { readonly next: 'remove' }
  /** `stored`: its picture may stand in the store, put there by this very attempt. */
  | { readonly next: 'put_back'; readonly afterMs: number; readonly stored?: true }
  | { readonly next: 'retry'; readonly afterMs: number; readonly code: string }
  | { readonly next: 'halt'; readonly code: string }

/** A scene whose workers died this often is suspected of killing them. */
export const MAX_WORKERS_LOST = 5

const REMOVE: RoadEnd = { next: 'remove' }

/** Noted on the way, for what a failure means. */
interface Begun {
  put: boolean
}

export async function generateCode(road: Road, job: SceneJob, attempt: Attempt): Promise<RoadEnd> {
  const begun: Begun = { put: false }
  try {
    const standing = await firstLook(road, job, attempt)
    if (standing !== 'open') return drop(road, job, standing)
    if (attempt.workersLost >= MAX_WORKERS_LOST)
      return await refuse(road, job, attempt, { reason: 'worker_lost' })
    const name = nameCode(job.app, job.scene, job.look)
    return await road.turns.take(name.key, () => findOrPrint(road, job, name, attempt, begun))
  } catch (fault) {
    // What fails while a verdict is carried out is judged in its turn: Redis being away costs no attempt here either.
    const end = await settle(road, job, attempt, fault).catch((next) => settle(road, job, attempt, next))
    return begun.put && end.next === 'put_back' ? { ...end, stored: true } : end
  }
}

async function findOrPrint(
  road: Road,
  job: SceneJob,
  name: CodeName,
  attempt: Attempt,
  begun: Begun,
): Promise<RoadEnd> {
  const found = await findClosed(road, job, name)
  if (found !== null) return await publish(road, job, name, found, isReused(job, attempt, found, true))
  const printed = await printCode(road, job, name, attempt, begun)
  if (isUnwanted(printed)) return drop(road, job, printed.unwanted)
  return await publish(road, job, name, printed, isReused(job, attempt, printed, false))
}

/** Nobody has begun this scene before. */
const isFirst = (job: SceneJob, { spent, workersLost }: Attempt): boolean =>
  !job.again && spent === 0 && workersLost === 0

/**
 * A scene enqueued for the first time is not done, so that its campaign's standing is enough. When it is done all the same
 * (its job was doubled), its picture is found in the store, and publishing answers `done`.
 */
function firstLook(road: Road, job: SceneJob, attempt: Attempt): Promise<SceneStanding> {
  return isFirst(job, attempt) ? road.feed.recheck(job) : road.feed.check(job)
}

async function findClosed(road: Road, job: SceneJob, name: CodeName): Promise<ClosedCode | null> {
  const there = await road.store.stat(name.key)
  return there === null ? null : road.store.confirm(name.key, job.look)
}

/** Fetches, inspects and stores; a stale token is dropped and the call made once more, with a permit of its own. */
async function printCode(
  road: Road,
  job: SceneJob,
  name: CodeName,
  attempt: Attempt,
  begun: Begun,
): Promise<ClosedCode | Unwanted> {
  for (let renewals = 0; ; renewals++) {
    const token = await road.tokens.get(job.app, attempt.draining)
    try {
      const picture = await fetchWhole(road, job, token, attempt)
      if (isUnwanted(picture)) return picture
      begun.put = true
      return await timed(road, 'store', () => road.store.put(name.key, picture))
    } catch (fault) {
      if (judge(fault, { attempts: attempt.spent, renewals, random: 0 }).next !== 'renew') throw fault
      road.observer.judged(job.app, fault, 'renew')
      await road.tokens.drop(job.app, token)
    }
  }
}

/** The campaign was paused or cancelled, or the index lost, while the scene waited for its permit. */
interface Unwanted {
  readonly unwanted: Exclude<SceneStanding, 'open'>
}

const isUnwanted = (value: ClosedCode | Uint8Array | WholePicture | Unwanted): value is Unwanted =>
  'unwanted' in value

/** One call. A permit that ran out before anything was written is no call: the next one is taken. */
async function fetchPicture(
  road: Road,
  job: SceneJob,
  token: AccessToken,
  attempt: Attempt,
): Promise<Uint8Array | Unwanted> {
  const call = { app: job.app, endpoint: upstreamOf(job.look.endpoint), scene: job.scene, look: job.look }
  const lane = laneOf(job.look.endpoint)
  for (;;) {
    const permit = await timed(road, 'permit', () => road.permits.take(job.app, lane, attempt.draining))
    const standing = await road.feed.recheck(job)
    if (standing !== 'open') return { unwanted: standing }
    // Asking took time in which this process may have been told to end: its permit goes unused, and no call is begun.
    attempt.draining.throwIfAborted()
    road.observer.late(Math.max(0, road.clock.monotonic() - permit.dueMs) / 1_000)
    try {
      return await timed(road, 'upstream', () => road.api.request(call, token, permit, attempt.signal))
    } catch (fault) {
      if (!(fault instanceof WaitFault && fault.code === 'permit_expired')) throw fault
      road.observer.judged(job.app, fault, 'take_again')
    }
  }
}

/**
 * A picture that inspection finds whole. One that is whole and yet not what the look says is asked for once more: when the next
 * call gives the same, so would all others.
 */
async function fetchWhole(
  road: Road,
  job: SceneJob,
  token: AccessToken,
  attempt: Attempt,
): Promise<WholePicture | Unwanted> {
  const { format, width } = job.look
  for (let unlike: string | null = null; ; ) {
    const bytes = await fetchPicture(road, job, token, attempt)
    if (isUnwanted(bytes)) return bytes
    const inspection = await timed(road, 'inspect', () => inspectPicture(bytes, { format, width }))
    if (inspection.whole) return { bytes, format, width }
    const { code } = inspection.defect
    const said: [string, string] = [`picture_${code}`, `WeChat's picture is defective: ${code}`]
    if (code === unlike) throw new RefuseFault(...said)
    const fault = new RetryFault(...said)
    if (!OF_THE_LOOK.has(code)) throw fault
    road.observer.judged(job.app, fault, 'take_again')
    unlike = code
  }
}

/** Whole, and not what the look says. */
const OF_THE_LOOK: ReadonlySet<string> = new Set(['wrong_format', 'wrong_size'])

async function publish(
  road: Road,
  job: SceneJob,
  name: CodeName,
  code: ClosedCode,
  reused: boolean,
): Promise<RoadEnd> {
  const event = publishedEvent(job, name, code, reused, road.clock.now())
  const answer = await timed(road, 'publish', () => road.feed.publish(job, code, event))
  if (answer !== 'published') return drop(road, job, answer)
  road.observer.published(job.app, event.reused ? 'reused' : 'published')
  return REMOVE
}

/**
 * Reused: the picture was closed before the campaign was created, or by another row. A picture found for a scene that had
 * been enqueued or begun before may be its own, stored by a worker that died before it could publish. One that this very
 * put created is new, whatever the clocks of different hosts say.
 */
function isReused(job: SceneJob, attempt: Attempt, code: ClosedCode, found: boolean): boolean {
  if (!found && code.origin === 'created') return false
  return code.closedAtMs < job.campaignCreatedAtMs || isFirst(job, attempt)
}

async function settle(road: Road, job: SceneJob, attempt: Attempt, fault: unknown): Promise<RoadEnd> {
  if (isAbort(fault, attempt)) return { next: 'put_back', afterMs: 0 }
  const verdict = judge(fault, { attempts: attempt.spent, renewals: 1, random: road.random() })
  road.observer.judged(job.app, fault, verdict.next)
  switch (verdict.next) {
    case 'put_back':
      return { next: 'put_back', afterMs: verdict.afterMs }
    case 'retry':
      return { next: 'retry', afterMs: verdict.afterMs, code: verdict.code }
    case 'refuse':
      return await refuse(road, job, attempt, verdict)
    case 'hold':
      await hold(road, job, verdict)
      return { next: 'put_back', afterMs: verdict.forMs }
    case 'halt':
      return { next: 'halt', code: verdict.code }
    case 'renew':
      return { next: 'put_back', afterMs: 0 }
    default:
      return verdict satisfies never
  }
}

/** A hold that Redis can't take now is met again by the next scene. */
async function hold(road: Road, job: SceneJob, verdict: Extract<Verdict, { next: 'hold' }>): Promise<void> {
  try {
    await road.permits.hold(job.app, laneOf(job.look.endpoint), verdict)
  } catch (fault) {
    road.observer.judged(job.app, fault, 'put_back')
  }
}

/** Aborted by us, not failed: costs no attempt. */
const isAbort = (fault: unknown, { draining, signal }: Attempt): boolean =>
  signal.aborted || (draining.aborted && fault === draining.reason)

async function refuse(road: Road, job: SceneJob, attempt: Attempt, refusal: Refusal): Promise<RoadEnd> {
  const event = refusedEvent(job, attempt.spent + 1, refusal, road.clock.now())
  const answer = await road.feed.refuse(job, event)
  if (answer !== 'published') return drop(road, job, answer)
  road.observer.refused(event)
  return REMOVE
}

/** A job that isn't wanted now goes away; upkeep sends it again when it is. */
function drop(road: Road, job: SceneJob, standing: Exclude<SceneStanding, 'open'>): RoadEnd {
  road.observer.dropped(job.app, standing)
  return REMOVE
}

async function timed<T>(road: Road, stage: RoadStage, step: () => T | Promise<T>): Promise<T> {
  const startedMs = road.clock.monotonic()
  const value = await step()
  road.observer.stage(stage, (road.clock.monotonic() - startedMs) / 1_000)
  return value
}
