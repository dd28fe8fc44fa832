/**
 * Parts that start in order and stop in reverse. `stop` may come twice, before `start` or in the midst of it; whatever has
 * started is stopped, even when another part fails to.
 */

/** Ends a part. `hurry` is aborted at the deadline: what is still waiting then is to be given up. */
export type Stop = (hurry: AbortSignal) => unknown
/**
 * Starts a part; gives what ends it, or defers an end for each thing that it has begun, so that a start that fails half-way
 * leaves nothing behind. `stopping` is aborted when the start isn't wanted any more.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a part that needs no end just returns
export type Start = (stopping: AbortSignal, defer: Defer) => Promise<Stop | void> | Stop | void
/** Deferred ends run in reverse. */
export type Defer = (stop: Stop) => void

export interface Lifecycle {
  /** Only before `start`. */
  add(name: string, start: Start): void
  /** Rejects with the first failure, at once: `stop` then ends what had started, by a deadline of the caller's. */
  start(): Promise<void>
  /** Resolves when every part has stopped; rejects then with what went wrong. */
  stop(hurry?: AbortSignal): Promise<void>
}

interface Part {
  readonly name: string
  readonly start: Start
}

export function createLifecycle(): Lifecycle {
  const parts: Part[] = []
  const stops: Stop[] = []
  const stopping = new AbortController()
  let started: Promise<void> | null = null
  let stopped: Promise<void> | null = null

  async function startAll(): Promise<void> {
    for (const part of parts) {
      if (stopping.signal.aborted) return
      const stop = await part.start(stopping.signal, (end) => stops.push(end))
      if (stop !== undefined) stops.push(stop)
    }
  }

  async function stopAll(hurry: AbortSignal): Promise<void> {
    stopping.abort()
    // A failed start has told its caller already.
    await started?.catch(() => undefined)
    const failures: unknown[] = []
    for (const stop of stops.splice(0).reverse()) {
      try {
        await stop(hurry)
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts failed to stop`)
  }

  return {
    add(name, start) {
      if (started !== null) throw new TypeError(`${name} was added after the start`)
      parts.push({ name, start })
    },
    async start() {
      if (stopped !== null) return
      started ??= startAll()
      await started
    },
    async stop(hurry = new AbortController().signal) {
      stopped ??= stopAll(hurry)
      await stopped
    },
  }
}
