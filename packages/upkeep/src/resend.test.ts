import type { AppId, CampaignId, CampaignRecord, Generation, Hold, SceneRow } from '@sunpress/core'
import type { CampaignIndex, FeedIndex, Leadership } from '@sunpress/feed'
import type { LaneQueues } from '@sunpress/queue'
import { describe, expect, it } from 'vitest'
import { createResender } from './resend.js'
import type { SceneReader } from './scene-reader.js'
import { standingHolds } from './standing-holds.js'

const leader: Leadership = { app: 'wx0123456789abcdef' as AppId, generation: 'g' as Generation, fence: 1 }
const [one, other] = ['01HF000000000000000000000A', '01HF000000000000000000000B'] as CampaignId[]
/** More than a turn looks at. */
const TOTAL = 30_000
const campaignOf = (id: CampaignId): CampaignIndex =>
  ({ id, lane: 'unlimited', cursor: TOTAL, parked: 0, lastRound: false, priority: 5 }) as CampaignIndex
const campaign = campaignOf(one as CampaignId)

const hold = (page: string): Hold => ({
  target: { scope: 'page', app: leader.app, page: { page, envVersion: 'release' } },
  ...{ reason: 'page_held', untilMs: 100, message: null },
})
const holdsOf = (...pages: string[]) => standingHolds(pages.map(hold), 0)

/** Rows of these pages in turn; none of them has ended. */
function resenderOf(...pages: string[]) {
  const sent: number[] = []
  const look = { endpoint: 'unlimited', checkPath: true, page: 'pages/look', envVersion: 'release' }
  const reader: SceneReader = {
    record: async (id) => ({ id, look, createdAt: '2026-01-01T00:00:00Z' }) as CampaignRecord,
    row: async (_, at) => ({ scene: `s=${at}`, page: pages[at % pages.length] }) as SceneRow,
  }
  const unsetBits: FeedIndex['unsetBits'] = async (_app, _id, { from, below, limit }) =>
    Array.from({ length: Math.min(limit, below - from) }, (_, at) => from + at)
  const resend: LaneQueues['resend'] = async (_app, _lane, jobs) => {
    sent.push(...jobs.map(({ index }) => index))
  }
  const parts = { index: { unsetBits }, queues: { resend }, clock: { monotonic: () => 0 } }
  return { sent, resender: createResender(parts as unknown as Parameters<typeof createResender>[0], reader) }
}

describe('a walk over what was fed', () => {
  it('goes on where it was, and counts on, while pages of other rows come and go', async () => {
    const { resender } = resenderOf('pages/a', 'pages/b')
    await resender.resend(leader, campaign, holdsOf('pages/a', 'pages/b'), 2_000)
    expect(resender.asideOf(campaign.id)).toBe(20_000)
    resender.follow(holdsOf('pages/a'), [campaign])
    expect(resender.asideOf(campaign.id)).toBe(10_000)
    resender.follow(holdsOf('pages/a', 'pages/b'), [campaign])
    await resender.resend(leader, campaign, holdsOf('pages/a', 'pages/b'), 2_000)
    // Those of the page that was free for a moment are known again as far as they have been met since.
    expect(resender.asideOf(campaign.id)).toBe(15_000 + 5_000)
  })

  it('sends what the page that is free now has let go, behind the place where it was as well as before it', async () => {
    const { resender, sent } = resenderOf('pages/a', ...Array.from({ length: 99 }, () => 'pages/b'))
    await resender.resend(leader, campaign, holdsOf('pages/a', 'pages/b'), 2_000)
    resender.follow(holdsOf('pages/b'), [campaign])
    await resender.resend(leader, campaign, holdsOf('pages/b'), 2_000)
    expect(sent).toHaveLength(100)
    await resender.resend(leader, campaign, holdsOf('pages/b'), 2_000)
    expect(sent).toHaveLength(300)
    expect(resender.asideOf(campaign.id)).toBe(TOTAL * 0.99)
  })

  it('that is not over makes no other campaign’s walk due before its time, and is forgotten with its own', async () => {
    const { resender } = resenderOf('pages/a')
    expect(resender.isDue('unlimited', [campaign])).toBe(true)
    await resender.resend(leader, campaign, holdsOf('pages/a'), 2_000)
    expect(resender.isDue('unlimited', [campaign])).toBe(true)
    const rest = [campaignOf(other as CampaignId)]
    expect(resender.isDue('unlimited', rest)).toBe(false)
    resender.follow(holdsOf('pages/a'), rest)
    expect(resender.asideOf(campaign.id)).toBe(0)
    expect(resender.isDue('unlimited', [campaign])).toBe(false)
  })
})
