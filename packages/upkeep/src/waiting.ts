/** Why a running campaign makes no progress, and when its next step comes. Pure. */
import { type CampaignRecord, type Hold, laneOf, type WaitingReason, windowStanding } from '@sunpress/core'
import { type CampaignIndex, outstandingOf } from '@sunpress/feed'
import { MOST_UNCLOSED } from './fill-lanes.js'
import { endOf, holdOf, lookHoldOf, standingHolds } from './standing-holds.js'

export interface WaitingFacts {
  readonly campaign: CampaignIndex
  /** May rows of it have pages of their own? See mayBringPages. */
  readonly bringsPages: boolean
  readonly holds: readonly Hold[]
  /** Events that stand in no closed manifest part yet. */
  readonly feedLength: number
  /** Open campaigns of the same app. */
  readonly others: readonly CampaignIndex[]
  readonly nowMs: number
}

export interface Waiting {
  readonly reason: WaitingReason
  /** Epoch ms of the next step; null where there is none, since it waits for somebody, or where nobody knows. */
  readonly nextStepMs: number | null
}

/** null for a campaign that isn't running, has nothing pending, or makes progress. Of several reasons the one that lasts longest. */
export function waitingOf(facts: WaitingFacts): Waiting | null {
  const { campaign } = facts
  if (campaign.state !== 'running' || campaign.counts.pending === 0) return null
  const timed = [closedWindow(facts), held(facts)].filter((one) => one !== null)
  const longest = timed.reduce<Waiting | null>((a, b) => (a !== null && stepOf(a) >= stepOf(b) ? a : b), null)
  if (longest !== null) return longest
  if (facts.feedLength >= MOST_UNCLOSED) return { reason: 'storage', nextStepMs: null }
  return heldRows(facts) ?? outranked(facts)
}

const stepOf = ({ nextStepMs }: Waiting): number => nextStepMs ?? Number.POSITIVE_INFINITY

function closedWindow({ campaign, nowMs }: WaitingFacts): Waiting | null {
  if (campaign.window === null) return null
  const { open, changesAt } = windowStanding(campaign.window, nowMs)
  return open ? null : { reason: 'window_closed', nextStepMs: Date.parse(changesAt) }
}

function held({ campaign, holds, nowMs }: WaitingFacts): Waiting | null {
  const hold = holdOf(standingHolds(holds, nowMs), campaign)
  return hold === null ? null : waitFor(hold)
}

function waitFor(hold: Hold): Waiting {
  const endMs = endOf(hold)
  return { reason: hold.reason, nextStepMs: Number.isFinite(endMs) ? endMs : null }
}

/**
 * Pages of single rows stand in the parts alone, 10,000 rows each: too much to be read whenever somebody asks. How many have one
 * was counted; of campaigns of older releases, what the request says tells at least whether there can be any.
 */
export const mayBringPages = ({
  look,
  source,
  ownPages,
}: Pick<CampaignRecord, 'look' | 'source' | 'ownPages'>): boolean =>
  laneOf(look.endpoint) === 'unlimited' && look.checkPath && source.kind !== 'range' && ownPages !== 0

/**
 * The hold of its look's page, where rows with other pages go on meanwhile: those without wait for its end, and so does the end
 * of the campaign. null as well where each row brings another page.
 */
export function heldMeanwhile({
  campaign,
  holds,
  nowMs,
}: Pick<WaitingFacts, 'campaign' | 'holds' | 'nowMs'>): Waiting | null {
  if (campaign.ownPages >= campaign.counts.total) return null
  const hold = lookHoldOf(standingHolds(holds, nowMs), campaign)
  return hold === null ? null : waitFor(hold)
}

/**
 * Nothing ends any more, and its look's page is held; or all was fed, and pages are held that its rows may have: what is left are
 * rows of such pages. Another campaign's page of the same version can't be told from its own.
 */
function heldRows(facts: WaitingFacts): Waiting | null {
  const { campaign, bringsPages, holds, nowMs } = facts
  const { cursor, counts, perMinute, envVersion } = campaign
  const isLeft = (bringsPages && cursor >= counts.total) || heldMeanwhile(facts) !== null
  if (!isLeft || perMinute !== 0) return null
  const pages = holds.filter(
    ({ target, untilMs }) =>
      target.scope === 'page' && target.page.envVersion === envVersion && untilMs > nowMs,
  )
  if (pages.length === 0) return null
  return { reason: 'page_held', nextStepMs: Math.min(...pages.map(({ untilMs }) => untilMs)) }
}

/** Others of higher priority stand in the lane, and nothing of it does, or nothing of it ends. */
function outranked({ campaign, others }: WaitingFacts): Waiting | null {
  const { lane, priority, counts, perMinute } = campaign
  const isStill = perMinute === 0 || (perMinute === null && counts.pending === counts.total)
  if (isFed(campaign) && !isStill) return null
  const before = others.some(
    (other) => other.lane === lane && other.state === 'running' && other.priority > priority && isFed(other),
  )
  return before ? { reason: 'higher_priority', nextStepMs: null } : null
}

/** Scenes of it wait in the lane, or are being printed. */
export const isFed = (campaign: CampaignIndex): boolean => outstandingOf(campaign) > 0
