/**
 * The road of one scene: take a permit, fetch the picture, inspect it whole, store and close it, and only then publish.
 * Every step is safe to repeat: a crash between two of them costs at most one more call to WeChat.
 */
import type { ClosedCode } from './closed-code.js'
import { type CodeName, nameCode } from './code-id.js'
import { WaitFault } from './fault.js'
import type { SceneStanding } from './ports/road.js'
import { isUnwanted, printCode } from './print-code.js'
import { type Attempt, type Begun, REMOVE, type Road, type RoadEnd, timed } from './road.js'
import { publishedEvent } from './scene-events.js'
import type { SceneJob } from './scene-job.js'
import { drop, park, refuse, settle } from './settle.js'

/** A scene whose workers died this often is suspected of killing them. */
export const MAX_WORKERS_LOST = 5

export async function generateCode(road: Road, job: SceneJob, attempt: Attempt): Promise<RoadEnd> {
  const begun: Begun = {}
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
    return begun.put === true && end.next === 'put_back' ? { ...end, stored: true } : end
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
  const tooMany = attempt.spent === 0 ? null : await overBudget(road, job)
  if (tooMany !== null) return tooMany
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

const BUDGET_WAIT_MS = { least: 5_000, spread: 25_000 }

/**
 * A repeated call beyond the budget is not made, and costs no attempt: it is WeChat that is failing then, not the scene. When
 * others pass meanwhile, they have the lane, and this one its last round.
 */
async function overBudget(road: Road, job: SceneJob): Promise<RoadEnd | null> {
  const leave = road.retries.ask(job.app)
  if (leave === 'call') return null
  const next = leave === 'park' && !job.lastRound ? 'park' : 'put_back'
  const afterMs = Math.round(BUDGET_WAIT_MS.least + BUDGET_WAIT_MS.spread * road.random())
  const fault = new WaitFault('retry_budget', 'too many calls fail for more of them to be repeated', afterMs)
  road.observer.judged(job.app, fault, next)
  road.observer.overBudget(job.app)
  return next === 'park' ? await park(road, job) : { next: 'put_back', afterMs, alone: true }
}

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
