/** One night of a schedule: its name, its campaign's id, and what became of it. Pure. */
import { createHash } from 'node:crypto'
import { encodeTime } from 'ulid'
import type { AppId, CampaignId } from './ids.js'
import type { ScheduledRun } from './schedule-cron.js'
import type { LocalDate } from './schedule-time.js'

/**
 * running: begun, or waiting to be tried again. created: there is a campaign. nothing_new: the source is as it was, or empty.
 * failed: see reason. skipped: missed, and not to be made up for. deadline: missed, and its deadline was over.
 */
export type RunOutcome = 'running' | 'created' | 'nothing_new' | 'failed' | 'skipped' | 'deadline'

/** `schedules/<name>/runs/<key>.json`, version 1. */
export interface RunRecord {
  readonly v: 1
  readonly schedule: string
  readonly app: AppId
  readonly date: LocalDate
  /** Asked for by somebody, beside the nights. */
  readonly manual: boolean
  readonly campaign: CampaignId
  /** ISO 8601, UTC, as all times here. */
  readonly scheduledAt: string
  /** Until when a source that fails is tried again. */
  readonly deadlineAt: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly outcome: RunOutcome
  /** A stable word, for programs: of the last failure. */
  readonly reason: string | null
  /** For people. */
  readonly detail: string | null
  /** Tries of the source that failed. */
  readonly failures: number
  /** Before then it isn't tried again. */
  readonly nextTryAt: string | null
  readonly source: SourceFingerprint | null
  /** Rows of the campaign. */
  readonly total: number | null
}

/** By which a source that is as it was is told. */
export interface SourceFingerprint {
  /** As the server gave it; null when it gave none, or when there was more than one page. */
  readonly etag: string | null
  /** sha256 of the address that gave it, behind redirects: it may hold a secret. Where it is missing, nobody knows who gave the tag. */
  readonly etagFrom?: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Over what the schedule asks for: the same rows with another look are something new. */
  readonly definition: string
}

/** Names a run within its schedule: its local date; with its campaign behind it when somebody asked for it. */
export const runKeyOf = (run: Pick<RunRecord, 'date' | 'manual' | 'campaign'>): string =>
  run.manual ? `${run.date}.${run.campaign}` : run.date

/** The date, for a run that came by its cron; null for one that somebody asked for. */
export const nightOfKey = (key: string): LocalDate | null => (key.includes('.') ? null : (key as LocalDate))

const RANDOM_BYTES = 10
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A ULID that says always the same of a night: its time is the scheduled instant, its random part the sha256 over app, schedule
 * and local date. Golden vectors in schedule-run.test.ts guard it.
 */
export function scheduledCampaignId(app: AppId, schedule: string, { date, atMs }: ScheduledRun): CampaignId {
  const digest = createHash('sha256')
    .update(JSON.stringify(['sunpress-schedule', 1, app, schedule, date]))
    .digest()
  return `${encodeTime(atMs, 10)}${crockford(digest.subarray(0, RANDOM_BYTES))}` as CampaignId
}

/** 10 bytes become 16 characters. */
function crockford(bytes: Uint8Array): string {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let text = ''
  for (let at = 0; at < (bytes.length * 8) / 5; at++) {
    text = CROCKFORD[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * 60_000

/** After the n-th failure in a row, from 1: 30 s, 1, 2, 4 … 15 min. */
export const retryWaitMs = (failures: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, Math.min(failures, 20) - 1))
