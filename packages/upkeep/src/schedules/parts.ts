/** What nights are made with. */
import type { Clock, RunOutcome, RunRecord, ScheduleRecord, SourceFingerprint } from '@sunpress/core'
import type { ScheduleLedger } from '@sunpress/ledger'
import type { ScheduleTimers } from '@sunpress/queue'
import type { Leases } from '@sunpress/redis'

export interface SchedulerParts {
  readonly schedules: ScheduleLedger
  readonly leases: Leases
  readonly holder: string
  readonly namespace: string
  readonly clock: Clock
  readonly timers: Pick<ScheduleTimers, 'set'>
  readonly nights: NightMaker
  readonly observer: SchedulerObserver
}

/** How a night ended. */
export type MadeNight =
  | { readonly outcome: 'created'; readonly total: number; readonly source: SourceFingerprint | null }
  | { readonly outcome: 'nothing_new'; readonly source: SourceFingerprint | null }
  /** Nothing that another try would change. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly detail: string }

/** From a run to its campaign. Whoever does it again, at the same time too, makes the same one. */
export interface NightMaker {
  /** The campaign that an earlier try has made; null when there is none. */
  find(run: RunRecord): Promise<MadeNight | null>
  /**
   * `schedule` is null when it was removed meanwhile. Throws a RefuseFault for a night that can't be, any other fault for one
   * that may be made later; rejects with the signal's reason when aborted.
   */
  make(
    schedule: ScheduleRecord | null,
    run: RunRecord,
    signal: AbortSignal,
    fetching: Fetching,
  ): Promise<MadeNight>
}

/**
 * What waits for somebody else's server goes on in here: it takes the place of no other night, there is a bound of its own, and
 * its signal aborts too when the schedule is removed, or paused.
 */
export type Fetching = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>

export interface SchedulerObserver {
  /** Once a run; a process that dies right then may let another tell it again. */
  ended(run: RunRecord & { readonly outcome: Exclude<RunOutcome, 'running'> }): void
  /** The run will be tried again. */
  tryFailed(run: RunRecord, fault: unknown): void
  /** A look at the schedules, or at one of them, didn't work; there will be another. */
  failed(what: string, fault: unknown): void
}
