/**
 * The token of one process alone, with the answers of the store in Redis: for credentials without a secret to seal it with.
 * Doesn't promise that a fleet asks once: each process asks for itself. Never forces, and knows no hosts.
 */
import type { AppId, Clock } from '@sunpress/core'
import type { Claim, ClaimAsk, NewToken, TokenStore } from './token-store.js'

interface Kept {
  token: {
    readonly sealed: string
    readonly fingerprint: string
    readonly usableUntil: number
    readonly renewAt: number
  } | null
  flight: { readonly id: string; readonly until: number } | null
  failure: string | null
  failingSince: number | null
  obtainedAt: number
  gapMs: number
  retryAt: number
  quick: number
  refused: boolean
}

const QUICK_MS = 10_000
const IN_A_ROW_MS = 60_000

export function createMemoryTokenStore(clock: Pick<Clock, 'monotonic'>): TokenStore {
  const apps = new Map<AppId, Kept>()
  const keptOf = (app: AppId): Kept => {
    const kept = apps.get(app) ?? nothingKept()
    apps.set(app, kept)
    return kept
  }
  const holds = (kept: Kept, flight: string): boolean => kept.flight?.id === flight

  return {
    claim: async (app, ask) => claimFrom(keptOf(app), ask, clock.monotonic()),
    async store(app, flight, token) {
      const kept = keptOf(app)
      if (!holds(kept, flight)) return false
      keepToken(kept, token, clock.monotonic())
      return true
    },
    async fail(app, flight, { text, pauseMs }) {
      const kept = keptOf(app)
      const now = clock.monotonic()
      if (!holds(kept, flight)) return { failingMs: 0, differs: false }
      const failingSince = failingSinceOf(kept, now)
      Object.assign(kept, { failure: text, failingSince, retryAt: now + pauseMs, flight: null })
      return { failingMs: now - (failingSince ?? now), differs: false }
    },
    async drop(app, fingerprint, mostGapMs) {
      const kept = keptOf(app)
      if (kept.token?.fingerprint !== fingerprint) return false
      const isQuick = clock.monotonic() - kept.obtainedAt < QUICK_MS
      kept.quick = isQuick ? Math.min(kept.quick + 1, 20) : 0
      const waitMs = Math.min(kept.gapMs * 2 ** Math.max(kept.quick - 1, 0), mostGapMs)
      kept.retryAt = Math.max(kept.retryAt, kept.obtainedAt + waitMs)
      Object.assign(kept, { token: null, refused: true })
      return true
    },
    async lift(app) {
      Object.assign(keptOf(app), { failure: null, failingSince: null, retryAt: 0, quick: 0 })
    },
  }
}

const nothingKept = (): Kept => ({
  token: null,
  flight: null,
  failure: null,
  failingSince: null,
  obtainedAt: 0,
  gapMs: 0,
  retryAt: 0,
  quick: 0,
  refused: false,
})

function claimFrom(kept: Kept, ask: ClaimAsk, now: number): Claim {
  const token = kept.token !== null && kept.token.sealed !== ask.unreadable ? kept.token : null
  const usableMs = token === null ? 0 : Math.max(0, token.usableUntil - now)
  const old: Claim | null =
    token !== null && usableMs > 0 ? { kind: 'token', sealed: token.sealed, usableMs } : null
  if (old !== null && now < (token?.renewAt ?? 0)) return old
  const pauseMs = kept.retryAt - now
  if (pauseMs > 0) {
    if (old !== null) return old
    return kept.failure === null
      ? { kind: 'wait', forMs: pauseMs }
      : { kind: 'failed', failure: kept.failure, forMs: pauseMs, failingMs: now - (kept.failingSince ?? now) }
  }
  if (kept.flight !== null && kept.flight.until > now) {
    return old ?? { kind: 'busy', forMs: kept.flight.until - now }
  }
  kept.flight = { id: ask.flight, until: now + ask.flightMs }
  const sealed = old === null ? null : old.sealed
  return { kind: 'yours', sealed, usableMs, force: false, refused: kept.refused }
}

/** null while a token stands; failures a minute apart are none in a row. */
function failingSinceOf({ token, failingSince, retryAt }: Kept, now: number): number | null {
  if (token !== null && token.usableUntil > now) return null
  return failingSince !== null && now - retryAt < IN_A_ROW_MS ? failingSince : now
}

function keepToken(kept: Kept, token: NewToken, now: number): void {
  const { sealed, fingerprint, usableMs, renewAfterMs, gapMs } = token
  kept.token = { sealed, fingerprint, usableUntil: now + usableMs, renewAt: now + renewAfterMs }
  Object.assign(kept, {
    flight: null,
    failure: null,
    failingSince: null,
    obtainedAt: now,
    gapMs,
    retryAt: now + gapMs,
    refused: false,
  })
}
