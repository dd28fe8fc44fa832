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
  /** The cursor has passed so many more of them. */
  passed(id: CampaignId, held: number): void
  /** Other pages are held than before: what was aside may want its job again. */
  forgetAside(): void
  isDue(lane: Lane): boolean
  /** `most`: jobs at most. Gives how many were sent, be they new to the lane or not. */
  resend(leader: Leadership, campaign: CampaignIndex, holds: StandingHolds, most: number): Promise<number>
}

interface Walk {
  at: number
  aside: number
  /** Ended before its time: it goes on in the next turn. */
  hungry: boolean
}

export function createResender(
  parts: Pick<UpkeepParts, 'index' | 'queues'> & { readonly clock: Clock },
  reader: SceneReader,
): Resender {
  const { index, queues, clock } = parts
  const aside = new Map<CampaignId, number>()
  const walks = new Map<CampaignId, Walk>()
  const lastMs = new Map<Lane, number>()

  const asideOf = (id: CampaignId): number => aside.get(id) ?? 0

  return {
    asideOf,
    passed(id, held) {
      if (held > 0) aside.set(id, asideOf(id) + held)
    },
    forgetAside() {
      aside.clear()
      walks.clear()
    },
    isDue(lane) {
      const last = lastMs.get(lane)
      const isHungry = [...walks.values()].some(({ hungry }) => hungry)
      if (!isHungry && last !== undefined && clock.monotonic() - last < EVERY_MS) return false
      lastMs.set(lane, clock.monotonic())
      return true
    },
    async resend(leader, campaign, holds, most) {
      const { id, lane, cursor: below, parked } = campaign
      const walk = walks.get(id) ?? { at: 0, aside: 0, hungry: false }
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
        walk.aside += held
        if (scenes.length < limit) {
          aside.set(id, walk.aside)
          walks.delete(id)
          return sent
        }
        walk.at = (scenes.at(-1) ?? walk.at) + 1
      }
      walk.hungry = sent < most
      aside.set(id, Math.max(asideOf(id), walk.aside))
      return sent
    },
  }
}
