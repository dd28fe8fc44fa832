import { type CampaignId, newCampaignId, type Records } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { newestFirst } from './newest-first.js'

const NOW_MS = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000

/** Lists campaigns' folders, 3 a page, and counts how often it was asked. */
function recordsOf(ids: readonly CampaignId[]) {
  const keys = ids.map((id) => `campaigns/${id}/`).sort()
  const asked: string[] = []
  const list: Records['list'] = async (prefix, { after = '' } = {}) => {
    asked.push(after)
    const found = keys.filter((key) => key.startsWith(prefix) && key > after)
    return { keys: found.slice(0, 3), next: found.length > 3 ? (found[2] ?? null) : null }
  }
  return { records: { list } as Partial<Records> as Records, asked }
}

async function collect(
  ids: AsyncGenerator<CampaignId>,
  most = Number.POSITIVE_INFINITY,
): Promise<CampaignId[]> {
  const found: CampaignId[] = []
  for await (const id of ids) {
    found.push(id)
    if (found.length === most) break
  }
  return found
}

const idsAgo = (...days: number[]): CampaignId[] => days.map((ago) => newCampaignId(NOW_MS - ago * DAY_MS))

describe('newestFirst', () => {
  it('gives all of them, from the newest to one of years ago', async () => {
    const ids = idsAgo(0, 0.01, 0.02, 0.03, 1, 2, 30, 400, 3_000)
    expect(await collect(newestFirst(recordsOf(ids).records, NOW_MS))).toEqual(ids)
  })

  it('gives one that a clock ahead of ours has made', async () => {
    const ids = idsAgo(-1, 0.5)
    expect(await collect(newestFirst(recordsOf(ids).records, NOW_MS))).toEqual(ids)
  })

  it('goes on behind one', async () => {
    const ids = idsAgo(0, 1, 2, 500)
    expect(await collect(newestFirst(recordsOf(ids).records, NOW_MS, ids[1]))).toEqual(ids.slice(2))
  })

  it('does not walk the old ones for the newest', async () => {
    const ids = idsAgo(0, ...Array.from({ length: 300 }, (_, at) => 100 + at))
    const { records, asked } = recordsOf(ids)
    expect(await collect(newestFirst(records, NOW_MS), 1)).toEqual(ids.slice(0, 1))
    expect(asked).toHaveLength(1)
  })
})
