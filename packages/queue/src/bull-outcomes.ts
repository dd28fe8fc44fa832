/** The one file that knows BullMQ's errors: how to put a job back without an attempt, and how to retry it with one. */
import type { RoadEnd } from '@sunpress/core'
import { DelayedError, ErrorCode, type Job, WaitingError } from 'bullmq'

/** A hold may be lifted sooner than it said: nothing wakes a delayed job. */
const MOST_DELAY_MS = 60_000

/** Never returns: BullMQ learns by an error that the job has been moved already. */
export async function putBack(job: Job, token: string | undefined, afterMs: number): Promise<never> {
  if (afterMs <= 0) {
    await job.moveToWait(token)
    throw new WaitingError()
  }
  await job.moveToDelayed(Date.now() + Math.min(afterMs, MOST_DELAY_MS), token)
  throw new DelayedError()
}

/** What the job keeps of it is its message: a code, no more. */
class Retry extends Error {
  readonly afterMs: number

  constructor(code: string, afterMs: number) {
    super(code)
    this.afterMs = afterMs
  }
}

export const retryLater = (end: Extract<RoadEnd, { next: 'retry' }>): Error =>
  new Retry(end.code, end.afterMs)

/** The job went to another worker, or away: expected after a freeze or a loss of Redis, and made good by the road. */
export const isJobLost = (error: Error): boolean => 'code' in error && LOST.has(Number(error.code))

const LOST: ReadonlySet<number> = new Set([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
])

/** An error that is not ours, and so was not judged, waits a second. */
const UNJUDGED_MS = 1_000

export const backoffOf = (error: Error | undefined): number =>
  error instanceof Retry ? error.afterMs : UNJUDGED_MS
