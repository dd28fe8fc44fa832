/**
 * Keeps a bounded window of jobs ahead of each lane's workers, divided among its campaigns. Jobs are hints: what is enqueued
 * twice or lost does no harm, since a lane that holds fewer jobs than scenes are outstanding gets its unset bits sent again.
 * Delayed jobs count in the window, which is never widened for them: a lane of nothing but retries is not fed.
 */
import { type AppId, type CampaignId, isFault, LANES, type Lane } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import type { LaneCounts } from '@sunpress/queue'
import { createBacklog } from './backlog.js'
import { createCampaignFeeder } from './feed-campaign.js'
import type { KnownPictures } from './known-pictures/known-pictures.js'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import { createJobRaiser } from './raise-jobs.js'
import { createResender } from './resend.js'
import type { SceneReader } from './scene-reader.js'
import type { Aside } from './set-aside.js'
import { type Share, shareWindow } from './share-window.js'
import { NO_HOLDS, ownHoldOf, type StandingHolds, standingHolds } from './standing-holds.js'
import type { WindowBook } from './window-book.js'

/** Jobs in a lane at most. */
export const WINDOW = 2_000
/** Events that wait to be closed into a manifest part: beyond this the store is behind, and feeding stops. */
export const MOST_UNCLOSED = 50_000
/** Sent again of a campaign, however little room there is: most of them may have their job still. */
export const LEAST_RESENT = 100
/** A hold that ends sooner is waited for with jobs in the lane. */
const SHORT_HOLD_MS = 60_000

export interface LaneFiller {
  /** There is more to be done at once. */
  readonly isBusy: boolean
  fill(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
}

export interface LaneFillerOptions {
  /** Scenes that a campaign may still pass before somebody has to look at it; infinite for most. */
  readonly leftOfCanary: (campaign: CampaignIndex) => number
  readonly windows: WindowBook
  readonly aside: Aside
  readonly known: KnownPictures
}

export function createLaneFiller(
  parts: UpkeepParts,
  reader: SceneReader,
  { leftOfCanary, windows, aside, known }: LaneFillerOptions,
): LaneFiller {
  const { index, queues, clock, observer } = parts
  const resender = createResender(parts, reader)
  const backlog = createBacklog(resender.asideOf, leftOfCanary)
  const feeder = createCampaignFeeder(parts, reader, { resender, known })
  const raiser = createJobRaiser(parts)
  /** Campaigns in the order in which they were fed last: where there isn't room for all, the next ones come first. */
  const fedLast = new Map<CampaignId, number>()
  let turns = 0

  /** When they can't be known, feeding goes on: workers meet the same holds before they call. */
  const readHolds = async (app: AppId): Promise<StandingHolds> => {
    try {
      return standingHolds(await parts.readHolds(app), clock.now())
    } catch (fault) {
      if (isFault(fault)) return NO_HOLDS
      throw fault
    }
  }

  const mayRun = (campaign: CampaignIndex, holds: StandingHolds): boolean =>
    campaign.state === 'running' &&
    !aside.has(campaign.id) &&
    ownHoldOf(holds, campaign) === null &&
    // Workers drop what the index calls closed: it has to know first.
    (campaign.window === null || (campaign.closesAt > 0 && windows.isOpen(campaign.window)))

  const unlessDamaged = <T>({ id, app }: CampaignIndex, step: () => Promise<T>): Promise<T | null> =>
    aside.unlessDamaged(app, id, step)

  const beginLastRounds = async (
    leader: Leadership,
    campaigns: readonly CampaignIndex[],
  ): Promise<StepEnd> => {
    for (const { id } of campaigns.filter(backlog.isLastRoundDue)) {
      const answer = await index.beginLastRound(leader, id)
      if (answer !== 'begun') return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
    }
    return DONE
  }

  const resendAll = async (
    leader: Leadership,
    lane: Lane,
    campaigns: readonly CampaignIndex[],
    { holds, shares }: { holds: StandingHolds; shares: ReadonlyMap<CampaignId, Share> },
  ): Promise<void> => {
    if (!resender.isDue(lane, campaigns)) return
    let sent = 0
    for (const campaign of campaigns) {
      if (backlog.expectedOf(campaign) === 0 && !backlog.hasUnsent(campaign)) continue
      const room = WINDOW - jobsIn(await queues.count(leader.app, lane))
      if (room <= 0) break
      // Without a share of the window its counts say that nothing is left, and yet something is.
      const share = Math.max(1, shares.get(campaign.id)?.scenes ?? WINDOW)
      const most = Math.min(share, Math.max(room, LEAST_RESENT))
      const resend = () => resender.resend(leader, campaign, holds, most)
      const resent = (await unlessDamaged(campaign, resend)) ?? 0
      // Whoever was first when there was room for one alone is last when there is room again.
      if (resent > 0) fedLast.set(campaign.id, turns)
      sent += resent
    }
    observer.resent(leader, lane, sent)
  }

  const fillLane = async (
    leader: Leadership,
    lane: Lane,
    ids: readonly CampaignId[],
    holds: StandingHolds,
  ): Promise<StepEnd> => {
    const jobs = jobsIn(await queues.count(leader.app, lane))
    // NOTE: counted before the campaigns are read: scenes that end in between make jobs look too many, never too few.
    const campaigns = (await index.readCampaigns(leader.app, ids))
      .filter((campaign) => mayRun(campaign, holds))
      .sort((a, b) => (fedLast.get(a.id) ?? 0) - (fedLast.get(b.id) ?? 0))
    const begun = await beginLastRounds(leader, campaigns)
    if (!begun.ok) return begun
    const shares = shareWindow(WINDOW, campaigns.map(backlog.claimOf))
    const shareOf = ({ id }: CampaignIndex): number => shares.get(id)?.scenes ?? 0
    // Of what has waited for its page no more than its campaign's share: it takes no room from the others.
    const expected = campaigns
      .map((campaign) => Math.min(backlog.expectedOf(campaign), shareOf(campaign)))
      .reduce((sum, scenes) => sum + scenes, 0)
    const isStuck = jobs === 0 && campaigns.some(backlog.hasUnsent)
    if (expected > jobs || isStuck) await resendAll(leader, lane, campaigns, { holds, shares })
    let room = WINDOW - Math.max(jobs, expected)
    for (const campaign of campaigns.toSorted((a, b) => b.priority - a.priority)) {
      const most = {
        jobs: Math.min(room, shareOf(campaign) - backlog.expectedOf(campaign), leftOfCanary(campaign)),
        scenes: leftOfCanary(campaign),
      }
      if (campaign.cursor >= campaign.counts.total || most.scenes <= 0) continue
      const added = await unlessDamaged(campaign, () => feeder.feed(leader, campaign, holds, most))
      if (added === null) continue
      if ('ok' in added) return added
      if (added.passed > 0) fedLast.set(campaign.id, turns)
      room -= added.jobs
    }
    const ahead = campaigns.map((campaign) => ({ campaign, ahead: shares.get(campaign.id)?.ahead ?? 0 }))
    await raiser.raise(leader, lane, ahead, WINDOW)
    return DONE
  }

  /** What is known costs no call, and need not wait until calls may be made. */
  const passKnown = async (
    leader: Leadership,
    ids: readonly CampaignId[],
    holds: StandingHolds,
  ): Promise<StepEnd> => {
    for (const campaign of await index.readCampaigns(leader.app, ids)) {
      const room = { jobs: 0, scenes: leftOfCanary(campaign) }
      const isOver = campaign.cursor >= campaign.counts.total || room.scenes <= 0
      if (isOver || !mayRun(campaign, holds)) continue
      const passed = await unlessDamaged(campaign, () => feeder.feed(leader, campaign, holds, room))
      if (passed !== null && 'ok' in passed) return passed
    }
    return DONE
  }

  return {
    get isBusy() {
      return feeder.isBusy
    },
    async fill(leader, open) {
      turns++
      feeder.beginTurn()
      if ((await index.feedLength(leader.app)) >= MOST_UNCLOSED) return DONE
      const holds = await readHolds(leader.app)
      resender.follow(holds, open)
      for (const lane of LANES) {
        const running = open.filter((campaign) => campaign.lane === lane && campaign.state === 'running')
        if (running.length === 0) continue
        const ids = running.map(({ id }) => id)
        const hold = holds.ofLane(lane)
        const isShort = hold === null || hold.untilMs - clock.now() <= SHORT_HOLD_MS
        const end = await (isShort ? fillLane(leader, lane, ids, holds) : passKnown(leader, ids, holds))
        if (!end.ok) return end
      }
      return DONE
    },
  }
}

const jobsIn = ({ waiting, active, delayed }: LaneCounts): number => waiting + active + delayed
