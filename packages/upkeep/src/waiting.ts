/** Why a running campaign makes no progress, when its next step comes, and when it will be done. Pure. */
import { type CampaignWindow, type Hold, type WaitingReason, windowStanding } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { MOST_UNCLOSED } from './fill-lanes.js'
import { holdOf, standingHolds } from './standing-holds.js'

export interface WaitingFacts {
  readonly campaign: CampaignIndex
  readonly holds: readonly Hold[]
  /** Events that stand in no closed manifest part yet. */
  readonly feedLength: number
  /** Open campaigns of the same app. */
  readonly others: readonly CampaignIndex[]
  readonly nowMs: number
}

export interface Waiting {
  readonly reason: WaitingReason
  /** Epoch ms of the next step; null where nobody knows. */
  readonly nextStepMs: number | null
}

/** null for a campaign that isn't running, has nothing pending, or makes progress. Of several reasons the one that lasts longest. */
export function waitingOf(facts: WaitingFacts): Waiting | null {
  const { campaign } = facts
  if (campaign.state !== 'running' || campaign.counts.pending === 0) return null
  const timed = [closedWindow(facts), held(facts)].filter((one) => one !== null)
  const longest = timed.reduce<Waiting | null>((a, b) => (a !== null && endOf(a) >= endOf(b) ? a : b), null)
  if (longest !== null) return longest
  if (facts.feedLength >= MOST_UNCLOSED) return { reason: 'storage', nextStepMs: null }
  return heldRows(facts) ?? outranked(facts)
}

const endOf = ({ nextStepMs }: Waiting): number => nextStepMs ?? Number.POSITIVE_INFINITY

function closedWindow({ campaign, nowMs }: WaitingFacts): Waiting | null {
  if (campaign.window === null) return null
  const { open, changesAt } = windowStanding(campaign.window, nowMs)
  return open ? null : { reason: 'window_closed', nextStepMs: Date.parse(changesAt) }
}

function held({ campaign, holds, nowMs }: WaitingFacts): Waiting | null {
  const hold = holdOf(standingHolds(holds, nowMs), campaign)
  return hold === null ? null : { reason: hold.reason, nextStepMs: hold.untilMs }
}

/** All was fed, nothing ends any more, and pages are held: what is left are rows of such pages. */
function heldRows({ campaign, holds, nowMs }: WaitingFacts): Waiting | null {
  const { cursor, counts, perMinute } = campaign
  if (cursor < counts.total || perMinute !== 0) return null
  const pages = holds.filter(({ target, untilMs }) => target.scope === 'page' && untilMs > nowMs)
  if (pages.length === 0) return null
  return { reason: 'page_held', nextStepMs: Math.min(...pages.map(({ untilMs }) => untilMs)) }
}

/** Nothing of it stands in the lane, and others of higher priority do. */
function outranked({ campaign, others }: WaitingFacts): Waiting | null {
  const { lane, priority } = campaign
  if (isFed(campaign)) return null
  const before = others.some(
    (other) => other.lane === lane && other.state === 'running' && other.priority > priority && isFed(other),
  )
  return before ? { reason: 'higher_priority', nextStepMs: null } : null
}

/** Scenes of it wait in the lane, or are being printed. */
export const isFed = ({ fed, n, base, parked }: CampaignIndex): boolean => fed - (n - base) - parked > 0

/** Seconds until nothing is pending, for all that is known now; null when that can't be said. */
export function etaSecondsOf(facts: {
  readonly campaign: Pick<CampaignIndex, 'counts' | 'perMinute' | 'window'>
  readonly waiting: Waiting | null
  /** What the quota allows; null when that isn't known. */
  readonly quotaPerMinute: number | null
  readonly nowMs: number
}): number | null {
  const { campaign, waiting, quotaPerMinute, nowMs } = facts
  if (waiting !== null && waiting.nextStepMs === null) return null
  // The rate seen while it waits says nothing of the time after.
  const seen = waiting === null && (campaign.perMinute ?? 0) > 0 ? campaign.perMinute : null
  const perMinute = seen ?? quotaPerMinute
  if (perMinute === null || perMinute <= 0) return null
  const startMs = Math.max(nowMs, waiting?.nextStepMs ?? nowMs)
  const doneMs = doneAt(campaign.window, startMs, (campaign.counts.pending / perMinute) * 60_000)
  return doneMs === null ? null : Math.ceil((doneMs - nowMs) / 1_000)
}

/** Nights looked ahead: about five years. */
const MOST_STEPS = 4_000

/** When work of `workMs` is done that is begun at `fromMs` and goes on in the hours of a window alone. */
function doneAt(window: CampaignWindow | null, fromMs: number, workMs: number): number | null {
  if (window === null) return fromMs + workMs
  let [atMs, leftMs] = [fromMs, workMs]
  for (let step = 0; step < MOST_STEPS; step++) {
    const { open, changesAt } = windowStanding(window, atMs)
    const changesMs = Date.parse(changesAt)
    if (open && atMs + leftMs <= changesMs) return atMs + leftMs
    if (open) leftMs -= changesMs - atMs
    if (changesMs <= atMs) return null
    atMs = changesMs
  }
  return null
}
