/** A campaign's progress in one line, with a bar where there is room for one. Pure. */
import type { Campaign } from '@sunpress/client'
import { shown } from './describe-counts.js'
import { secondsLeft } from './rate.js'
import { renderTime } from './time.js'

export interface Progress {
  readonly campaign: Campaign
  /** Scenes a second, null when not known yet. */
  readonly speed: number | null
}

const BAR_CELLS = 30
/** Waits whose end is known, so that there is an estimate; nobody knows when a token or a page will be mended. */
const ESTIMABLE: ReadonlySet<string> = new Set([
  ...['minute_quota', 'day_quota', 'window_closed', 'higher_priority'],
])
/** Below it a bar says nothing. */
const LEAST_CELLS = 8

/** Without a bar, for pipes and files. */
export function renderPlainLine({ campaign, speed }: Progress): string {
  const { refused, cancelled, total, pending } = campaign.counts
  const done = doneOf(campaign)
  return [
    `${shown(done)}/${shown(total)}`,
    percent(done, total),
    ...(refused > 0 ? [`${shown(refused)} refused`] : []),
    ...(cancelled > 0 ? [`${shown(cancelled)} cancelled`] : []),
    ...(speed === null ? [] : [`${speed < 10 ? speed.toFixed(1) : shown(Math.round(speed))}/s`]),
    ...etaOf(campaign, pending, speed),
    ...stateOf(campaign),
  ].join('  ')
}

/** Never wider than the terminal: a wrapped line could not be rewritten. */
export function renderProgressLine(progress: Progress, columns: number): string {
  const text = renderPlainLine(progress)
  const cells = Math.min(BAR_CELLS, columns - text.length - 3)
  const line = cells < LEAST_CELLS ? text : `${renderBar(progress.campaign, cells)}  ${text}`
  return line.slice(0, Math.max(0, columns - 1))
}

/** What was cancelled ended without being done. */
const doneOf = ({ counts }: Campaign): number => counts.published + counts.refused

function renderBar(campaign: Campaign, cells: number): string {
  const { total } = campaign.counts
  const done = total === 0 ? 0 : doneOf(campaign) / total
  const filled = Math.floor(done * cells)
  return '█'.repeat(filled) + '░'.repeat(cells - filled)
}

const percent = (done: number, total: number): string =>
  `${total === 0 ? 0 : Math.floor((done / total) * 100)} %`

/** The producer knows of quotas and of other campaigns; what was measured here stands in for it. */
function etaOf({ state, waitingReason, etaSeconds }: Campaign, left: number, speed: number | null): string[] {
  if (waitingReason !== null && !ESTIMABLE.has(waitingReason)) return []
  // What was measured before it waited says nothing of the wait.
  const seconds = etaSeconds ?? (waitingReason === null ? secondsLeft(left, speed) : null)
  return state !== 'running' || seconds === null || left === 0 ? [] : [`ETA ${renderDuration(seconds)}`]
}

function stateOf({ state, waitingReason, waitingUntil, counts }: Campaign): string[] {
  if (state === 'cancelled' && counts.cancelled > 0) return [] // the count says it
  if (state !== 'running') return [describeState({ state, waitingReason })]
  if (waitingReason === null) return []
  // Of the others the estimate tells as much, and theirs may change each second.
  const isTold = waitingUntil !== null && !ESTIMABLE.has(waitingReason)
  return [`waiting: ${waitingReason}${isTold ? ` until ${renderTime(waitingUntil)}` : ''}`]
}

/** "running (token)", "paused (canary)", "paused": a reason that says the same as the state is left out. */
export const describeState = ({ state, waitingReason }: Pick<Campaign, 'state' | 'waitingReason'>): string =>
  waitingReason === null || waitingReason === state ? state : `${state} (${waitingReason})`

/** "42 s", "3 min 05 s", "2 h 10 min", "14 d 3 h". */
export function renderDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.floor(whole / 60)
  if (whole < 86_400) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}
