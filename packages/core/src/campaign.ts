/** A campaign as the ledger keeps it, and its states. */
import type { AppId, CampaignId } from './ids.js'
import type { Look } from './look.js'
import type { LocalDate, LocalTime } from './schedule-time.js'

/** Rows in each `scenes/part-<n>.ndjson`: a scene's part is its index divided by this. */
export const ROWS_PER_PART = 10_000

export const MIN_PRIORITY = 1
/** 9 goes first. */
export const MAX_PRIORITY = 9
export const DEFAULT_PRIORITY = 5

export type CampaignState = 'planning' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'

export const FINAL_STATES: ReadonlySet<CampaignState> = new Set<CampaignState>([
  'completed',
  'cancelled',
  'failed',
])

/** What a campaign that makes no progress waits for. More may come. */
export const WAITING_REASONS = [
  'minute_quota',
  'day_quota',
  'lifetime_quota',
  'window_closed',
  'token',
  'page_held',
  'app_held',
  'campaign_held',
  'storage',
  'higher_priority',
  'rebuilding',
  // Somebody: who sends its rows, who paused it, who is to approve its canary.
  'uploading',
  'paused',
  'canary',
] as const
export type WaitingReason = (typeof WAITING_REASONS)[number]

/** total = published + refused + cancelled + pending; reused is part of published; skipped is outside of total. */
export interface Counts {
  readonly total: number
  readonly published: number
  readonly reused: number
  readonly refused: number
  readonly cancelled: number
  readonly pending: number
  readonly skipped: number
}

/** campaign.json, version 1: written after its parts and its open mark, before the 202. */
export interface CampaignRecord {
  readonly v: 1
  readonly id: CampaignId
  readonly app: AppId
  readonly name: string
  readonly priority: number
  readonly look: Look
  readonly badRows: BadRows
  readonly source: CampaignSource
  readonly total: number
  readonly skipped: number
  /** Rows with a page of their own, another one than the look's; campaigns of older releases don't say. */
  readonly ownPages?: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** Prints defective pictures of this campaign again. */
  readonly heals?: CampaignId
  /** After so many scenes it pauses, until somebody has looked at them and lets it go on. */
  readonly canary?: number
  /** It prints in these hours alone; without it, at any time. */
  readonly window?: CampaignWindow
  /** The schedule that made it, and the local date of its night. */
  readonly schedule?: { readonly name: string; readonly date: LocalDate }
  /** The campaign of the night before: where that knows a picture, this one need not look at it. */
  readonly repeats?: CampaignId
}

/** Local times of a zone; `to` is the next one behind `from`, past midnight perhaps. */
export interface CampaignWindow {
  readonly from: LocalTime
  readonly to: LocalTime
  /** IANA. */
  readonly timeZone: string
}

export interface CampaignSource {
  readonly kind: 'scenes' | 'range' | 'csv' | 'ndjson'
  /** Lower-case hex over the body, for bodies that were streamed: a repeated request is told by it. */
  readonly sha256?: string
  /** Columns of a CSV that mean nothing to us and were left out. */
  readonly ignoredColumns?: readonly string[]
}

export type BadRows = 'refuse' | 'skip'

/** One row of a part: a scene and what it brings along. */
export interface SceneRow {
  readonly scene: string
  readonly page?: string
  readonly ref?: string
  readonly caption?: string
}

/** One of `campaigns/<id>/control/<seq>.json`, version 1: a command, written before it is answered. */
export interface ControlRecord {
  readonly v: 1
  readonly seq: number
  readonly command: 'pause' | 'resume' | 'cancel' | 'priority' | 'retry'
  readonly at: string
  /** Of `priority`: what it is from now on. */
  readonly priority?: number
  /** Of `retry`: the refused rows to print again, by WeChat's errcode or by our reason; without either, all of them. */
  readonly errcodes?: readonly number[]
  readonly reasons?: readonly string[]
  /** Of a `pause` that upkeep gave: why. */
  readonly reason?: 'canary'
}

/** A command on its way to the log, which gives it its number. */
export type NewCommand = Omit<ControlRecord, 'v' | 'seq' | 'at'>

/** Is a refused row one of those that a `retry` means? */
export function isRetried(
  { errcodes = [], reasons = [] }: Pick<ControlRecord, 'errcodes' | 'reasons'>,
  { errcode, reason }: { readonly errcode: number | null; readonly reason: string },
): boolean {
  if (errcodes.length === 0 && reasons.length === 0) return true
  return (errcode !== null && errcodes.includes(errcode)) || reasons.includes(reason)
}

/** report.json, and report-<retried>.json of a later end, version 1: what a finished campaign came to; it is what a campaign's status is answered from. */
export interface CampaignReport {
  readonly v: 1
  readonly id: CampaignId
  readonly state: 'completed' | 'cancelled' | 'failed'
  readonly counts: Counts
  readonly finishedAt: string
  /** Number of the last `retry` that the counts know of: a later one in the control log re-opens the campaign. */
  readonly retried?: number
}

/** Has a retry come that isn't among those that were carried out? `retried`: the last of these, 0 before the first. */
export const awaitsRetry = (log: readonly ControlRecord[], retried: number): boolean =>
  log.some(({ command, seq }) => command === 'retry' && seq > retried)

/** Has a command come that a report doesn't know of? Then the campaign is open again, and the report is that of an earlier end. */
export const isReopened = (report: CampaignReport, log: readonly ControlRecord[]): boolean =>
  report.state === 'completed' && awaitsRetry(log, report.retried ?? 0)

/** The state that a command leads to; null where it makes no sense, so that the caller can say so. */
export function stateAfter(state: CampaignState, command: ControlRecord['command']): CampaignState | null {
  if (command === 'retry' && state === 'completed') return 'running'
  if (FINAL_STATES.has(state)) return null
  switch (command) {
    case 'pause':
      return state === 'planning' ? null : 'paused'
    case 'resume':
      return state === 'planning' ? null : 'running'
    case 'cancel':
      return 'cancelled'
    case 'priority':
    case 'retry':
      return state
    default:
      return command satisfies never
  }
}
