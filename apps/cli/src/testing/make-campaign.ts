import type { Campaign, Counts } from '@sunpress/client'

/** A running campaign of 300 scenes of which nothing is done, but for what a test says. */
export function makeCampaign(
  fields: Partial<Omit<Campaign, 'counts'>> = {},
  counts: Partial<Counts> = {},
): Campaign {
  const { total = 300, published = 0, reused = 0, refused = 0, cancelled = 0 } = counts
  const pending = total - published - refused - cancelled
  return {
    id: '01JZZZZZZZZZZZZZZZZZZZZZZZ',
    app: 'wx0123456789abcdef',
    name: 'stores',
    priority: 5,
    state: 'running',
    waitingReason: null,
    waitingUntil: null,
    etaSeconds: null,
    createdAt: '2026-01-02T03:04:05.678Z',
    finishedAt: null,
    ...fields,
    counts: { total, published, reused, refused, cancelled, pending, skipped: counts.skipped ?? 0 },
  }
}
