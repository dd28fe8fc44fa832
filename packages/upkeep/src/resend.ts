/**
 * Sends again what has no job: the unset scenes below a campaign's cursor. A walk over them that goes on where the last one
 * ended, a bounded number a turn; it counts the scenes that want no job now, since their page is held.
 */
import type { CampaignId, Clock, Lane } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { UpkeepParts } from './parts.js'
import { jobsOf } from './scene-jobs.js'
import type { SceneReader } from './scene-reader.js'
import type { StandingHolds } from './standing-holds.js'

/** Between two walks over the unset bits of a lane. */
const EVERY_MS = 2_000
const SCENES_AT_ONCE = 500
/** Scenes of a campaign looked at in a turn. */
const MOST_LOOKED_AT = 20_000

export interface Resender {
  /** Scenes below the cursor without a job, as far as the walks have found them: their page is held. */
  asideOf(id: CampaignId): number
  /** The cursor has passed so many more of them, by the names of their pages. */
  passed(id: CampaignId, held: Pages): void
  /** What was aside for a page that is held no more may want its job again; walks go on, whatever pages come and go meanwhile. */
  follow(holds: StandingHolds, open: readonly Pick<CampaignIndex, 'id'>[]): void
  isDue(lane: Lane, campaigns: readonly Pick<CampaignIndex, 'id'>[]): boolean
  /** `most`: jobs at most. Gives how many were sent, be they new to the lane or not. */
  resend(leader: Leadership, campaign: CampaignIndex, holds: StandingHolds, most: number): Promise<number>
}

type Pages = ReadonlyMap<string, number>

interface Walk {
  at: number
  readonly aside: Map<string, number>
  /** Ended before its time: it goes on in the next turn. */
  hungry: boolean
}

export function createResender(
  parts: Pick<UpkeepParts, 'index' | 'queues'> & { readonly clock: Clock },
  reader: SceneReader,
): Resender {
  const { index, queues, clock } = parts
  const aside = new Map<CampaignId, Map<string, number>>()
  const walks = new Map<CampaignId, Walk>()
  const lastMs = new Map<Lane, number>()

  const pagesOf = (id: CampaignId): Map<string, number> => {
    const pages = aside.get(id) ?? new Map<string, number>()
    aside.set(id, pages)
    return pages
  }

  return {
    asideOf: (id) => [...(aside.get(id)?.values() ?? [])].reduce((sum, scenes) => sum + scenes, 0),
    passed(id, held) {
      if (held.size > 0) add(pagesOf(id), held)
    },
    follow(holds, open) {
      const ids = new Set(open.map(({ id }) => id))
      for (const id of walks.keys()) if (!ids.has(id)) walks.delete(id)
      for (const id of aside.keys()) if (!ids.has(id)) aside.delete(id)
      for (const pages of [...aside.values(), ...[...walks.values()].map((walk) => walk.aside)]) {
        for (const page of pages.keys()) if (!holds.isPageHeld(page)) pages.delete(page)
      }
    },
    isDue(lane, campaigns) {
      const last = lastMs.get(lane)
      const isHungry = campaigns.some(({ id }) => walks.get(id)?.hungry === true)
      if (!isHungry && last !== undefined && clock.monotonic() - last < EVERY_MS) return false
      lastMs.set(lane, clock.monotonic())
      return true
    },
    async resend(leader, campaign, holds, most) {
      const { id, lane, cursor: below, parked } = campaign
      const walk = walks.get(id) ?? { at: 0, aside: new Map(), hungry: false }
      let [sent, looked] = [0, 0]
      walks.set(id, walk)
      while (sent < most && looked < MOST_LOOKED_AT) {
        const limit = holds.anyPage ? SCENES_AT_ONCE : Math.min(SCENES_AT_ONCE, most - sent)
        const range = { from: walk.at, below, limit, unparked: parked > 0 }
        const scenes = await index.unsetBits(leader.app, id, range)
        const { jobs, held } = await jobsOf(reader, leader, campaign, { scenes, holds, again: true })
        await queues.resend(leader.app, lane, jobs, campaign.priority)
        sent += jobs.length
        looked += scenes.length
        add(walk.aside, held)
        if (scenes.length < limit) {
          aside.set(id, walk.aside)
          walks.delete(id)
          return sent
        }
        walk.at = (scenes.at(-1) ?? walk.at) + 1
      }
      walk.hungry = sent < most
      const pages = pagesOf(id)
      for (const [page, scenes] of walk.aside) pages.set(page, Math.max(pages.get(page) ?? 0, scenes))
      return sent
    },
  }
}

function add(pages: Map<string, number>, more: Pages): void {
  for (const [page, scenes] of more) pages.set(page, (pages.get(page) ?? 0) + scenes)
}
