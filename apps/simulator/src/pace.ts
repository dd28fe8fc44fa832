/** Counts calls: in all, in each clock minute, and the most in any 60 s at any offset. */
export type Pace = {
  /** @param at arrival, ms, monotonic. @param now the virtual time that decides the clock minute. */
  count(at: number, now: number): void
  report(): PaceReport
}

export type PaceReport = {
  readonly calls: number
  /** By minute, named by its begin in UTC: `2026-11-20T10:47Z`. The last week's. */
  readonly perMinute: Readonly<Record<string, number>>
  readonly mostIn60s: number
}

const MINUTE_MS = 60_000
const MINUTES_KEPT = 7 * 24 * 60

export function createPace(): Pace {
  const minutes = new Map<number, number>()
  const recent = createRecent()
  let calls = 0

  function count(at: number, now: number): void {
    calls++
    recent.add(at)
    const minute = Math.floor(now / MINUTE_MS)
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
    if (minutes.size > MINUTES_KEPT) minutes.delete(minutes.keys().next().value as number)
  }

  function report(): PaceReport {
    const perMinute = Object.fromEntries([...minutes].map(([minute, n]) => [nameMinute(minute), n]))
    return { calls, perMinute, mostIn60s: recent.most() }
  }

  return { count, report }
}

function nameMinute(minute: number): string {
  return `${new Date(minute * MINUTE_MS).toISOString().slice(0, 16)}Z`
}

/** The arrivals of the last 60 s in a ring that grows to the largest number there ever was. */
function createRecent(): { add(at: number): void; most(): number } {
  let ring = new Float64Array(1024)
  let first = 0
  let size = 0
  let most = 0

  function add(at: number): void {
    while (size > 0 && at - (ring[first] as number) >= MINUTE_MS) {
      first = (first + 1) % ring.length
      size--
    }
    if (size === ring.length) grow()
    ring[(first + size) % ring.length] = at
    size++
    most = Math.max(most, size)
  }

  function grow(): void {
    const larger = new Float64Array(ring.length * 2)
    larger.set(ring.subarray(first))
    larger.set(ring.subarray(0, first), ring.length - first)
    ring = larger
    first = 0
  }

  return { add, most: () => most }
}
