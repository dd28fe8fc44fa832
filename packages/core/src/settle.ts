/** How a scene ends that could not be published: a fault judged, and its verdict carried out. */
import type { HoldScope, HoldTarget } from './hold.js'
import { judge, type Verdict } from './judge.js'
import { laneOf } from './lane.js'
import type { DropReason } from './ports/road.js'
import { type Attempt, REMOVE, type Road, type RoadEnd } from './road.js'
import { type Refusal, refusedEvent } from './scene-events.js'
import type { SceneJob } from './scene-job.js'

export async function settle(road: Road, job: SceneJob, attempt: Attempt, fault: unknown): Promise<RoadEnd> {
  if (isAbort(fault, attempt)) return { next: 'put_back', afterMs: 0 }
  const verdict = judge(fault, {
    attempts: attempt.spent,
    renewals: 1,
    lastRound: job.lastRound,
    random: road.random(),
  })
  road.observer.judged(job.app, fault, verdict.next)
  switch (verdict.next) {
    case 'put_back':
      return { next: 'put_back', afterMs: verdict.afterMs }
    case 'drop':
      return drop(road, job, 'held')
    case 'park':
      return await park(road, job)
    case 'retry':
      return { next: 'retry', afterMs: verdict.afterMs, code: verdict.code }
    case 'refuse':
      return await refuse(road, job, attempt, verdict)
    case 'hold':
      await hold(road, job, verdict)
      if (verdict.scope === 'page' || verdict.scope === 'campaign') return drop(road, job, 'held')
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
    await road.permits.hold(targetOf(job, verdict.scope), verdict)
  } catch (fault) {
    road.observer.judged(job.app, fault, 'put_back')
  }
}

function targetOf({ app, campaign, look }: SceneJob, scope: HoldScope): HoldTarget {
  switch (scope) {
    case 'app':
      return { scope, app }
    case 'lane':
      return { scope, app, lane: laneOf(look.endpoint) }
    case 'page':
      return { scope, app, page: { page: look.page ?? '', envVersion: look.envVersion } }
    case 'campaign':
      return { scope, app, campaign }
    default:
      return scope satisfies never
  }
}

/** Aborted by us, not failed: costs no attempt. */
const isAbort = (fault: unknown, { draining, signal }: Attempt): boolean =>
  signal.aborted || (draining.aborted && fault === draining.reason)

export async function refuse(
  road: Road,
  job: SceneJob,
  attempt: Attempt,
  refusal: Refusal,
): Promise<RoadEnd> {
  const event = refusedEvent(job, attempt.spent + 1, refusal, road.clock.now())
  const answer = await road.feed.refuse(job, event)
  if (answer !== 'published') return drop(road, job, answer)
  road.observer.refused(event)
  return REMOVE
}

/** One scene alone fails again and again: the others go on, and it has its last round when they have ended. */
export async function park(road: Road, job: SceneJob): Promise<RoadEnd> {
  const answer = await road.feed.park(job)
  if (answer !== 'parked') return drop(road, job, answer)
  road.observer.parked(job)
  return REMOVE
}

/** A job that isn't wanted now goes away; upkeep sends it again when it is. */
export function drop(road: Road, job: SceneJob, why: Exclude<DropReason, 'open'>): RoadEnd {
  road.observer.dropped(job.app, why)
  return REMOVE
}
