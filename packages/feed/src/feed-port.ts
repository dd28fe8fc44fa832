/** What a leader and the API may ask of an app's index in Redis. */
import type {
  AppId,
  CampaignId,
  CampaignRecord,
  Generation,
  PublishedEvent,
  Unnumbered,
} from '@sunpress/core'
import type { CampaignIndex, CampaignProgress } from './campaign-fields.js'

/** A row as it stands in the stream: `line` is the event's JSON with its number. */
export interface FeedEntry {
  readonly streamId: string
  readonly campaign: CampaignId
  readonly n: number
  readonly line: string
}

/** Proof of leadership that scripts check: generation and fencing number. */
export interface Leadership {
  readonly app: AppId
  readonly generation: Generation
  readonly fence: number
}

export type LeaderAnswer = 'fenced' | 'rebuild'

/** A scene whose picture was found closed: its event, without a number. */
export interface FoundScene {
  readonly index: number
  readonly event: Unnumbered<PublishedEvent>
}

/** One batch of the scenes that a `retry` lets print again, ascending. */
export interface RetryBatch {
  readonly seq: number
  readonly first: number
  /** First index of the next batch; null when this is the last. */
  readonly next: number | null
  readonly indexes: readonly number[]
}

export interface IndexCommand {
  readonly seq: number
  /** Where the log leads with this command. */
  readonly state: 'running' | 'paused' | 'cancelled'
  readonly priority?: number | null
  /** Number of the log's last retry, which may be about to give rows to a campaign with nothing pending; by default 0: none. */
  readonly retry?: number
}

export interface FeedIndex {
  readGeneration(app: AppId): Promise<{ generation: Generation | null; builtOn: string | null }>
  /** null when the index doesn't hold it. */
  readCampaign(app: AppId, id: CampaignId): Promise<CampaignIndex | null>
  readOpen(app: AppId): Promise<CampaignIndex[]>
  /** Those of them that the index holds. A few hundred at a time, so that thousands keep nobody waiting. */
  readCampaigns(app: AppId, ids: readonly CampaignId[]): Promise<CampaignIndex[]>
  /** Tells upkeep of a campaign that the ledger holds. `rebuild`: upkeep will find it by itself. */
  open(generation: Generation, campaign: CampaignRecord): Promise<'opened' | 'there' | 'rebuild'>
  /** `final`: it has nothing to print, or not yet. */
  control(
    app: AppId,
    generation: Generation,
    id: CampaignId,
    command: IndexCommand,
  ): Promise<'applied' | 'older' | 'final' | 'rebuild' | 'unknown'>
  /**
   * A command stands in the log that the index could not hear of: a retry of a campaign that had ended, or any while the index is
   * built anew. The leader is told at once; what is lost, upkeep finds by itself.
   */
  tellUnheard(app: AppId, id: CampaignId): Promise<void>
  /** One of those told of, each once; null when there is none. */
  takeUnheard(app: AppId): Promise<CampaignId | null>
  advanceCursor(
    leader: Leadership,
    id: CampaignId,
    step: { from: number; to: number; fed: number },
  ): Promise<'advanced' | 'moved' | LeaderAnswer>
  /** The first `limit` scenes at or after `from` and below `below` that are not done, and not parked either when `unparked`. */
  unsetBits(
    app: AppId,
    id: CampaignId,
    range: { from: number; below: number; limit: number; unparked?: boolean },
  ): Promise<number[]>
  /** `halted`: the campaign isn't running. Gives how many were published; the others had been before. */
  publishMany(
    leader: Leadership,
    id: CampaignId,
    found: readonly FoundScene[],
  ): Promise<number | 'halted' | LeaderAnswer>
  beginLastRound(leader: Leadership, id: CampaignId): Promise<'begun' | LeaderAnswer>
  clearRefused(
    leader: Leadership,
    id: CampaignId,
    batch: RetryBatch,
  ): Promise<'cleared' | 'older' | LeaderAnswer>
  /** `closesAt`: epoch ms; 0 while the window is closed. */
  noteWindow(leader: Leadership, id: CampaignId, closesAt: number): Promise<'noted' | LeaderAnswer>
  noteRate(leader: Leadership, id: CampaignId, perMinute: number): Promise<'noted' | LeaderAnswer>
  /** Puts a campaign that had ended into the index again. */
  reopen(
    leader: Leadership,
    campaign: CampaignRecord,
    progress: CampaignProgress,
    bits: Buffer,
  ): Promise<'reopened' | 'there' | LeaderAnswer>
  /** Entries behind a stream id ('' = from the start), oldest first. */
  readEntries(app: AppId, after: string, limit: number): Promise<FeedEntry[]>
  feedLength(app: AppId): Promise<number>
  /** false when a part of the campaign's index was lost. */
  isSound(app: AppId, id: CampaignId): Promise<boolean>
  closeRows(
    leader: Leadership,
    id: CampaignId,
    lastN: number,
    keepFrom: string,
  ): Promise<'closed' | LeaderAnswer>
  finish(
    leader: Leadership,
    id: CampaignId,
    end: { state: string; finishedAt: string },
  ): Promise<'finished' | LeaderAnswer>
  /**
   * Was what this leader has read of the index until now the truth? For whoever writes into the ledger by it: Redis may have come
   * back with an older snapshot since the turn began.
   */
  confirm(leader: Leadership): Promise<'confirmed' | LeaderAnswer>
  beginRebuild(app: AppId, fence: number): Promise<'begun' | 'fenced'>
  loadCampaign(
    app: AppId,
    fence: number,
    campaign: CampaignRecord,
    progress: CampaignProgress,
    bits: Buffer,
  ): Promise<'loaded' | 'fenced'>
  /** For a campaign that the ledger doesn't hold open: its report answers for it. */
  forgetCampaign(app: AppId, fence: number, id: CampaignId): Promise<'forgotten' | 'fenced'>
  finishRebuild(
    app: AppId,
    fence: number,
    generation: Generation,
    runId: string,
  ): Promise<'finished' | 'fenced'>
}
