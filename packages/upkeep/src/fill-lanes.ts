/**
 * Keeps a bounded window of jobs ahead of each lane's workers. Jobs are hints: what is enqueued twice or lost does no harm,
 * since a lane that holds fewer jobs than scenes are outstanding gets its unset bits sent again.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type Clock,
  isHalt,
  LANES,
  type Lane,
  lookWithPage,
  type SceneJob,
  type SceneRow,
} from '@sunpress/core'
import { type CampaignIndex, type Leadership, outstandingOf } from '@sunpress/feed'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import type { SceneReader } from './scene-reader.js'

/** Jobs in a lane at most. */
export const WINDOW = 2_000
/** Events that wait to be closed into a manifest part: beyond this the store is behind, and feeding stops. */
export const MOST_UNCLOSED = 50_000
/** Between two walks over the unset bits of a lane. */
const RESEND_EVERY_MS = 2_000
const ASIDE_MS = 30_000

export interface LaneFiller {
  fill(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
}

export function createLaneFiller(parts: UpkeepParts, reader: SceneReader): LaneFiller {
  const resentAtMs = new Map<Lane, number>()
  const asideUntilMs = new Map<CampaignId, number>()

  const jobsOf = async (leader: Leadership, campaign: CampaignIndex, scenes: number[], again: boolean) => {
    const record = await reader.record(campaign.id)
    const jobs: SceneJob[] = []
    for (const index of scenes)
      jobs.push(toJob(leader, record, index, await reader.row(record.id, index), again))
    return jobs
  }

  /** Feeds one campaign onwards from its cursor; gives the jobs added, or why leadership ended. */
  const feed = async (
    leader: Leadership,
    campaign: CampaignIndex,
    room: number,
  ): Promise<number | StepEnd> => {
    const { cursor, counts } = campaign
    const range = { from: cursor, below: counts.total, limit: room }
    const scenes = await parts.index.unsetBits(leader.app, campaign.id, range)
    const jobs = await jobsOf(leader, campaign, scenes, campaign.rebuilt)
    const to = scenes.length < room ? counts.total : (scenes.at(-1) ?? cursor) + 1
    const step = { from: cursor, to, fed: scenes.length }
    // The cursor first, since it is fenced: what is not enqueued after it counts as lost from the lane, and is sent again.
    const answer = await parts.index.advanceCursor(leader, campaign.id, step)
    if (answer === 'rebuild') return ended('no_generation')
    if (answer !== 'advanced') return answer === 'fenced' ? ended('fenced') : 0
    await parts.queues.enqueue(leader.app, campaign.lane, jobs, campaign.priority)
    return jobs.length
  }

  /** A campaign whose rows can't be read is set aside for a while: the app's others go on. */
  const unlessDamaged = async <T>(
    { app }: Leadership,
    { id }: CampaignIndex,
    step: () => Promise<T>,
  ): Promise<T | 0> => {
    try {
      return await step()
    } catch (fault) {
      if (!isHalt(fault)) throw fault
      asideUntilMs.set(id, parts.clock.monotonic() + ASIDE_MS)
      parts.observer.failed(app, fault)
      return 0
    }
  }

  const resend = async (
    leader: Leadership,
    lane: Lane,
    campaigns: readonly CampaignIndex[],
  ): Promise<void> => {
    if (!isDue(resentAtMs, lane, parts.clock)) return
    let sent = 0
    for (const campaign of campaigns) {
      const range = { from: 0, below: campaign.cursor, limit: WINDOW }
      const scenes = await parts.index.unsetBits(leader.app, campaign.id, range)
      sent += await unlessDamaged(leader, campaign, async () => {
        const jobs = await jobsOf(leader, campaign, scenes, true)
        await parts.queues.resend(leader.app, lane, jobs, campaign.priority)
        return jobs.length
      })
    }
    parts.observer.resent(leader, lane, sent)
  }

  const fillLane = async (
    leader: Leadership,
    lane: Lane,
    ids: readonly CampaignIndex[],
  ): Promise<StepEnd> => {
    const inLane = await parts.queues.count(leader.app, lane)
    // NOTE: counted before the campaigns are read: scenes that end in between make jobs look too many, never too few.
    const now = parts.clock.monotonic()
    const all = await readAgain(parts, leader, ids)
    const campaigns = all.filter(({ id }) => (asideUntilMs.get(id) ?? 0) <= now)
    const jobs = inLane.waiting + inLane.active + inLane.delayed
    const outstanding = campaigns.reduce((sum, campaign) => sum + Math.max(0, outstandingOf(campaign)), 0)
    const isStuck = jobs === 0 && campaigns.some(hasUnsent)
    if (outstanding > jobs || isStuck) await resend(leader, lane, campaigns)
    let room = WINDOW - Math.max(jobs, outstanding)
    const share = Math.max(1, Math.floor(WINDOW / Math.max(1, campaigns.length)))
    for (const campaign of campaigns.toSorted((a, b) => b.priority - a.priority)) {
      const mine = Math.min(room, share - outstandingOf(campaign), campaign.counts.total - campaign.cursor)
      if (mine <= 0) continue
      const added = await unlessDamaged(leader, campaign, () => feed(leader, campaign, mine))
      if (typeof added !== 'number') return added
      room -= added
    }
    return DONE
  }

  return {
    async fill(leader, open) {
      if ((await parts.index.feedLength(leader.app)) >= MOST_UNCLOSED) return DONE
      for (const lane of LANES) {
        const running = open.filter((campaign) => campaign.lane === lane && campaign.state === 'running')
        if (running.length === 0) continue
        const end = await fillLane(leader, lane, running)
        if (!end.ok) return end
      }
      return DONE
    },
  }
}

/** All was fed, and yet something is pending: whatever the counts say, it wants to be sent again. */
const hasUnsent = ({ cursor, counts }: CampaignIndex): boolean => cursor >= counts.total && counts.pending > 0

async function readAgain(
  parts: UpkeepParts,
  leader: Leadership,
  campaigns: readonly CampaignIndex[],
): Promise<CampaignIndex[]> {
  const found = await Promise.all(campaigns.map(({ id }) => parts.index.readCampaign(leader.app, id)))
  return found.filter((campaign) => campaign !== null && campaign.state === 'running') as CampaignIndex[]
}

function isDue(lastMs: Map<Lane, number>, lane: Lane, clock: Clock): boolean {
  const last = lastMs.get(lane)
  if (last !== undefined && clock.monotonic() - last < RESEND_EVERY_MS) return false
  lastMs.set(lane, clock.monotonic())
  return true
}

const toJob = (
  { app, generation }: Leadership,
  campaign: CampaignRecord,
  index: number,
  row: SceneRow,
  again: boolean,
): SceneJob => ({
  app,
  generation,
  campaign: campaign.id,
  campaignCreatedAtMs: Date.parse(campaign.createdAt),
  index,
  scene: row.scene,
  look: lookWithPage(campaign.look, row.page),
  ...(row.page === undefined ? {} : { page: row.page }),
  ...(row.ref === undefined ? {} : { ref: row.ref }),
  ...(row.caption === undefined ? {} : { caption: row.caption }),
  again,
})
