/**
 * The simulator's time. Arrivals are stamped by a monotonic clock anchored at the start; windows, tokens, days, rids and
 * the Date header follow a virtual clock that may be moved or stopped.
 */
export type Clock = {
  /** Milliseconds since 1970 with a fraction, monotonic; never moved. */
  real(): number
  /** The virtual time in milliseconds since 1970. */
  now(): number
  /** Moves the virtual clock to a time. */
  set(atMs: number): void
  advance(byMs: number): void
  /** How far the virtual clock is ahead of the real one. */
  offset(): number
  /** A frozen clock stands still until it is moved or thawed. */
  freeze(frozen: boolean): void
  frozen(): boolean
}

/** @param ticks a monotonic count of milliseconds. */
export function createClock(startedAt = Date.now(), ticks = () => performance.now()): Clock {
  const first = ticks()
  let offsetMs = 0
  let frozenAt: number | undefined

  const real = () => startedAt + (ticks() - first)
  const now = () => frozenAt ?? real() + offsetMs

  function set(atMs: number): void {
    offsetMs = atMs - real()
    if (frozenAt !== undefined) frozenAt = atMs
  }

  function freeze(frozen: boolean): void {
    const at = now()
    frozenAt = undefined
    set(at)
    if (frozen) frozenAt = at
  }

  return {
    real,
    now,
    set,
    freeze,
    advance: (byMs) => set(now() + byMs),
    offset: () => now() - real(),
    frozen: () => frozenAt !== undefined,
  }
}

const SHANGHAI_MS = 8 * 3_600_000

/** The number of the calendar day in Asia/Shanghai, which has had no summer time since 1991. */
export function shanghaiDay(atMs: number): number {
  return Math.floor((atMs + SHANGHAI_MS) / 86_400_000)
}

/** The calendar month in Asia/Shanghai: `2026-03`. */
export function shanghaiMonth(atMs: number): string {
  return new Date(atMs + SHANGHAI_MS).toISOString().slice(0, 7)
}
