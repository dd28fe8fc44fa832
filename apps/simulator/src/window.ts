/**
 * Rate windows of one minute. All agree on the limit and differ in where a minute begins:
 * `clock` at :00 of each clock minute, `first-call` at the first call after the last minute ended, `sliding` nowhere (no 60 s at
 * any offset), `bucket` as a token bucket that refills evenly.
 *
 * clock and first-call count refused calls too, which changes nothing in them; sliding and bucket don't, so that a
 * caller who hammers is served again as soon as there is room. No penalty beyond the window has been reported.
 */
export const WINDOW_KINDS = ['clock', 'first-call', 'sliding', 'bucket'] as const
export type WindowKind = (typeof WINDOW_KINDS)[number]

/** `admit` counts a call at `now` (ms, not going backwards) and answers whether it is within the limit. */
export type RateWindow = {
  admit(now: number): boolean
  /** Another limit from now on; what was counted stays. */
  resize(limit: number): void
}

const MINUTE_MS = 60_000

/** @param spanMs the length of a sliding window; the other kinds are a minute long. */
export function createWindow(kind: WindowKind, limit: number, spanMs = MINUTE_MS): RateWindow {
  switch (kind) {
    case 'clock':
      return clockWindow(limit)
    case 'first-call':
      return firstCallWindow(limit)
    case 'sliding':
      return slidingWindow(limit, spanMs)
    case 'bucket':
      return bucketWindow(limit)
  }
}

function clockWindow(first: number): RateWindow {
  let limit = first
  let minute = Number.NaN
  let used = 0
  function admit(now: number): boolean {
    const current = Math.floor(now / MINUTE_MS)
    if (current !== minute) used = 0
    minute = current
    used++
    return used <= limit
  }
  const resize = (next: number) => {
    limit = next
  }
  return { admit, resize }
}

function firstCallWindow(first: number): RateWindow {
  let limit = first
  let endsAt = Number.NEGATIVE_INFINITY
  let used = 0
  function admit(now: number): boolean {
    if (now >= endsAt) {
      endsAt = now + MINUTE_MS
      used = 0
    }
    used++
    return used <= limit
  }
  const resize = (next: number) => {
    limit = next
  }
  return { admit, resize }
}

/** Remembers when the last `limit` calls were let in: the oldest of them must be a minute away. */
function slidingWindow(limit: number, spanMs: number): RateWindow {
  let admittedAt = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  let oldest = 0
  function admit(now: number): boolean {
    if (now - (admittedAt[oldest] as number) < spanMs) return false
    admittedAt[oldest] = now
    oldest = (oldest + 1) % admittedAt.length
    return true
  }
  /** The latest calls go along. */
  function resize(next: number): void {
    const inOrder = [...admittedAt.subarray(oldest), ...admittedAt.subarray(0, oldest)].slice(-next)
    admittedAt = new Float64Array(next).fill(Number.NEGATIVE_INFINITY)
    admittedAt.set(inOrder, next - inOrder.length)
    oldest = 0
  }
  return { admit, resize }
}

function bucketWindow(first: number): RateWindow {
  let limit = first
  let tokens = limit
  let filledAt = Number.NEGATIVE_INFINITY
  function admit(now: number): boolean {
    tokens = Math.min(limit, tokens + ((now - filledAt) * limit) / MINUTE_MS)
    filledAt = now
    if (tokens < 1) return false
    tokens--
    return true
  }
  function resize(next: number): void {
    tokens = Math.max(0, tokens + next - limit)
    limit = next
  }
  return { admit, resize }
}
