/** What a breaker remembers: how many puts failed in a row, since when it is broken, and when it may be probed. Pure. */
import type { StoreBreakerOptions, StoreTrouble } from './store-breaker.js'

export interface BreakerState {
  /** Why no call is made; null while the store is trusted. */
  readonly trouble: StoreTrouble | null
  failed(fault: StoreTrouble): void
  passed(): void
  /** One prober at a time, and not before its time. */
  mayProbe(): boolean
  probing(): void
  probeFailed(): void
  /** Until the next probe. */
  leftMs(): number
}

const FAILURES = 3
const FIRST_PROBE_MS = 1_000
const MOST_PROBE_MS = 30_000

export function createBreakerState({ clock, random, observer }: StoreBreakerOptions): BreakerState {
  let failures = 0
  let trouble: StoreTrouble | null = null
  let isProbing = false
  let pauseMs = 0
  let probeAtMs = 0

  const waitFor = (ms: number): void => {
    pauseMs = ms
    probeAtMs = clock.monotonic() + ms * (0.5 + random() / 2)
  }

  return {
    get trouble() {
      return trouble
    },
    failed(fault) {
      failures++
      if (trouble === null && failures < FAILURES) return
      if (trouble === null) {
        waitFor(FIRST_PROBE_MS)
        observer?.broke(fault)
      }
      trouble = fault
    },
    passed() {
      failures = 0
      isProbing = false
      if (trouble === null) return
      trouble = null
      observer?.mended()
    },
    mayProbe: () => !isProbing && clock.monotonic() >= probeAtMs,
    probing() {
      isProbing = true
    },
    probeFailed() {
      isProbing = false
      waitFor(Math.min(MOST_PROBE_MS, pauseMs * 2))
    },
    leftMs: () => Math.max(0, probeAtMs - clock.monotonic()),
  }
}
