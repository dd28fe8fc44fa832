/** How many scenes of each campaign end in a minute, from what its row numbers say over the last minutes. Pure but for its memory. */
import type { CampaignId } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'

/** Between two looks at the row numbers, and how far back the oldest one lies that counts. */
export const EVERY_MS = 10_000
const OVER_MS = 180_000

export interface Rates {
  /** Those whose rate is another than what their index says; nothing until the next look is due. */
  see(nowMs: number, open: readonly CampaignIndex[]): readonly { id: CampaignId; perMinute: number }[]
}

interface Look {
  readonly atMs: number
  readonly n: number
}

export function createRates(): Rates {
  let seen = new Map<CampaignId, Look[]>()
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    see(nowMs, open) {
      if (nowMs - lastMs < EVERY_MS) return []
      lastMs = nowMs
      const before = seen
      seen = new Map()
      return open.flatMap(({ id, n, state, perMinute }) => {
        const looks = (before.get(id) ?? []).filter(({ atMs }) => nowMs - atMs <= OVER_MS)
        const first = looks[0]
        if (state !== 'running') return []
        seen.set(id, [...looks, { atMs: nowMs, n }])
        if (first === undefined) return []
        const rate = Math.round(((n - first.n) * 60_000) / (nowMs - first.atMs))
        return rate === perMinute ? [] : [{ id, perMinute: rate }]
      })
    },
  }
}
