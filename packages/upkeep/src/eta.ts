/**
 * When a campaign will be done, for all that is known now: its lane's limits of a minute and a day, how far WeChat has slowed it,
 * what else it prints, the hours of the campaign, and what holds it. Each pending scene counts as one call. Pure.
 */
import {
  type CampaignId,
  type CampaignWindow,
  type Hold,
  type Lane,
  shanghaiDayEndsMs,
  shanghaiDayOf,
  untilDayTurnsMs,
  windowStanding,
} from '@sunpress/core'
import { type CampaignIndex, outstandingOf } from '@sunpress/feed'
import { KEPT_BACK } from './share-window.js'
import { lookHoldOf, ownHoldOf, standingHolds } from './standing-holds.js'
import type { Waiting } from './waiting.js'

/** What a lane may do. */
export interface LanePace {
  /** Calls a minute. */
  readonly perMinute: number
  /** The part of them that WeChat lets in now: below 1 after it found the lane too fast. */
  readonly rate: number
  /** Calls of a day in Shanghai, and how many of today are left; null: no limit is known. */
  readonly day: { readonly limit: number; readonly left: number } | null
}

export interface EtaFacts {
  readonly campaign: {
    readonly priority: number
    readonly counts: { readonly pending: number }
    /** Scenes that ended a minute, of late; null while that isn't known. */
    readonly perMinute: number | null
    readonly window: CampaignWindow | null
  }
  readonly waiting: Waiting | null
  /** null when that isn't known. */
  readonly pace: LanePace | null
  /** What else the lane prints; see besides. */
  readonly besides: readonly Rival[]
  readonly nowMs: number
}

/** Another campaign of the same lane, with scenes to print. */
export interface Rival {
  readonly priority: number
  readonly pending: number
  /** Its scenes that have a job in the lane already. */
  readonly inLane: number
}

/** Seconds until nothing is pending; null when that can't be said. */
export function etaSecondsOf({ campaign, waiting, pace, besides, nowMs }: EtaFacts): number | null {
  const { pending } = campaign.counts
  // The others' scenes are counted: when they leave room is known.
  if (waiting !== null && waiting.nextStepMs === null && waiting.reason !== 'higher_priority') return null
  if (pending === 0) return 0
  // The rate seen while it waits says nothing of the time after.
  const seen = waiting === null && (campaign.perMinute ?? 0) > 0 ? campaign.perMinute : null
  const part = pending / callsUntilDone({ priority: campaign.priority, pending }, besides)
  const perMinute = seen ?? (pace === null ? 0 : pace.perMinute * pace.rate * part)
  if (perMinute <= 0) return null
  const day = pace === null || isFree(seen, pace) ? null : pace.day
  const doneMs = doneAt({
    fromMs: Math.max(nowMs, waiting?.nextStepMs ?? nowMs),
    nowMs,
    calls: pending,
    perMs: perMinute / 60_000,
    day: day === null ? null : { limit: day.limit * part, left: day.left * part },
    window: campaign.window,
  })
  return doneMs === null ? null : Math.ceil((doneMs - nowMs) / 1_000)
}

/** What goes clearly faster than calls can be made needs none: its pictures stand in the store. */
const isFree = (seen: number | null, { perMinute }: LanePace): boolean =>
  seen !== null && seen > perMinute * FASTER
const FASTER = 1.1

type Printing = Pick<CampaignIndex, 'id' | 'lane' | 'page' | 'ownPages' | 'envVersion' | 'window' | 'counts'>

/**
 * Scenes of a campaign that may be printed now: none while it is held or outside its hours, rows with pages of their own alone
 * while its look's page is held.
 */
export function printableNow(holds: readonly Hold[], nowMs: number): (campaign: Printing) => number {
  const standing = standingHolds(holds, nowMs)
  return (campaign) => {
    const { window, counts, ownPages } = campaign
    if (ownHoldOf(standing, campaign) !== null) return 0
    if (window !== null && !windowStanding(window, nowMs).open) return 0
    return lookHoldOf(standing, campaign) === null ? counts.pending : Math.min(counts.pending, ownPages)
  }
}

/** Of the open campaigns, those that print in the same lane now. `printable`: so many scenes of one. */
export const besidesOf = (
  campaign: { readonly id: CampaignId | null; readonly lane: Lane },
  open: readonly CampaignIndex[],
  printable: (other: CampaignIndex) => number,
): Rival[] =>
  open
    .filter((other) => other.id !== campaign.id && other.lane === campaign.lane && other.state === 'running')
    .map((other) => ({ priority: other.priority, pending: printable(other), inLane: outstandingOf(other) }))
    .filter(({ pending }) => pending > 0)

/**
 * Calls of the lane until a campaign is done: its own, all of higher priority, as many of each of the same priority, or what each
 * has in the lane before it, and what is kept for the lower ones: as share-window.ts divides. Sooner when what is kept for it is
 * enough.
 */
export function callsUntilDone(own: Pick<Rival, 'priority' | 'pending'>, besides: readonly Rival[]): number {
  const of = (which: (rival: Rival) => boolean) => besides.filter(which)
  const higher = of(({ priority }) => priority > own.priority)
  const same = of(({ priority }) => priority === own.priority)
  const lower = of(({ priority }) => priority < own.priority)
  const before =
    own.pending +
    pendingOf(higher) +
    sum(same.map(({ pending, inLane }) => Math.min(pending, Math.max(own.pending, inLane))))
  const whole = before + Math.min(pendingOf(lower), (before * KEPT_BACK) / (1 - KEPT_BACK))
  if (higher.length === 0) return whole
  const top = Math.max(...higher.map(({ priority }) => priority))
  const weights = sum(of(({ priority }) => priority < top).map(({ priority }) => priority)) + own.priority
  return Math.min(whole, (own.pending * weights) / (own.priority * KEPT_BACK))
}

const pendingOf = (rivals: readonly Rival[]): number => sum(rivals.map(({ pending }) => pending))
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

interface Work {
  readonly fromMs: number
  readonly nowMs: number
  readonly calls: number
  readonly perMs: number
  readonly day: LanePace['day']
  readonly window: CampaignWindow | null
}

/** Looked ahead: more than five years. */
const MOST_AHEAD_MS = 2_000 * 86_400_000

/** When work is done that goes on in the hours of a window alone, and no day beyond its calls. */
function doneAt({ fromMs, nowMs, calls, perMs, day, window }: Work): number | null {
  if (window === null && day === null) return fromMs + calls / perMs
  let [atMs, left] = [fromMs, calls]
  let today = shanghaiDayOf(nowMs)
  let budget = day?.left ?? Number.POSITIVE_INFINITY
  let hours = hoursAt(window, atMs)
  while (atMs - fromMs < MOST_AHEAD_MS) {
    if (atMs >= hours.changesMs) hours = hoursAt(window, atMs)
    if (hours.changesMs <= atMs) return null
    if (day !== null && shanghaiDayOf(atMs) !== today) [today, budget] = [shanghaiDayOf(atMs), day.limit]
    if (!hours.open || budget <= 0) {
      atMs = hours.open ? atMs + untilDayTurnsMs(atMs) : hours.changesMs
      continue
    }
    const mostMs = Math.min(left, budget) / perMs
    const turnsMs = day === null ? Number.POSITIVE_INFINITY : shanghaiDayEndsMs(today)
    const endsMs = Math.min(hours.changesMs, turnsMs)
    if (atMs + mostMs > endsMs) {
      left -= (endsMs - atMs) * perMs
      budget -= (endsMs - atMs) * perMs
      atMs = endsMs
    } else {
      if (left <= budget) return atMs + mostMs
      atMs += mostMs
      left -= budget
      budget = 0
    }
  }
  return null
}

function hoursAt(window: CampaignWindow | null, atMs: number): { open: boolean; changesMs: number } {
  if (window === null) return { open: true, changesMs: Number.POSITIVE_INFINITY }
  const { open, changesAt } = windowStanding(window, atMs)
  return { open, changesMs: Date.parse(changesAt) }
}
