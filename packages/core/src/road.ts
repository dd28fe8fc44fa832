/** What one scene travels with: its ports, its attempt, and what became of it. */
import type { Clock } from './clock.js'
import type { CodeStore } from './ports/code-store.js'
import type { CodeApi, Permits, RoadObserver, RoadStage, SceneFeed, Tokens } from './ports/road.js'
import type { RetryBudget } from './retry-budget.js'
import type { Turns } from './turns.js'

export interface Road {
  readonly feed: SceneFeed
  readonly store: CodeStore
  readonly tokens: Tokens
  readonly permits: Permits
  readonly api: CodeApi
  readonly clock: Clock
  readonly observer: RoadObserver
  /** Of this process, as are `turns`: how many calls may be repeats. */
  readonly retries: RetryBudget
  /** Rows of one code wait for each other. */
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
  /**
   * `stored`: its picture may stand in the store, put there by this very attempt. `alone`: this scene waits, and the rest of its
   * lane goes on.
   */
  | { readonly next: 'put_back'; readonly afterMs: number; readonly stored?: true; readonly alone?: true }
  | { readonly next: 'retry'; readonly afterMs: number; readonly code: string }
  | { readonly next: 'halt'; readonly code: string }

export const REMOVE: RoadEnd = { next: 'remove' }

/** Noted on the way, for what a failure means. */
export interface Begun {
  call?: boolean
  put?: boolean
}

export async function timed<T>(road: Road, stage: RoadStage, step: () => T | Promise<T>): Promise<T> {
  const startedMs = road.clock.monotonic()
  const value = await step()
  road.observer.stage(stage, (road.clock.monotonic() - startedMs) / 1_000)
  return value
}
