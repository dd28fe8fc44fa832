/** What one leader works with. */
import type { AppBook, AppId, Clock, CodeStore, Hold, Lane } from '@sunpress/core'
import type { FeedIndex, Leadership } from '@sunpress/feed'
import type { BitsLedger, CampaignLedger, ManifestLedger } from '@sunpress/ledger'
import type { LaneQueues } from '@sunpress/queue'
import type { Leases } from '@sunpress/redis'

export interface UpkeepParts {
  /** Those that are led; apps come and go. */
  readonly apps: Pick<AppBook, 'all' | 'onChange'>
  /** Names this process among those that may lead. */
  readonly holder: string
  readonly namespace: string
  readonly leases: Leases
  readonly index: FeedIndex
  readonly campaigns: CampaignLedger
  readonly manifests: ManifestLedger
  readonly bits: BitsLedger
  /** Where pictures that are known already are found. */
  readonly codes: CodeStore
  readonly queues: LaneQueues
  /** All holds of an app that stand now. */
  readonly readHolds: (app: AppId) => Promise<readonly Hold[]>
  /** Changes with every start and failover of Redis. */
  readonly readRunId: () => Promise<string>
  /** Removes temporary files of the store that are older; gives how many. */
  readonly sweepTemporaries: (olderThanMs: number) => Promise<number>
  readonly clock: Clock
  readonly observer: UpkeepObserver
}

export interface UpkeepObserver {
  rebuilt(leader: Leadership, why: RebuildReason, campaigns: number): void
  finished(leader: Leadership, campaign: string, state: string): void
  /** A turn of the loop failed; the next one comes. */
  failed(app: string, fault: unknown): void
  resent(leader: Leadership, lane: Lane, scenes: number): void
  /** So many scenes were published with pictures found in the store, without a job. */
  reused?(leader: Leadership, scenes: number): void
}

export type RebuildReason =
  | 'no_generation'
  | 'new_server'
  | 'unknown_campaign'
  | 'rows_out_of_order'
  | 'part_conflict'
  | 'index_damaged'

/** A step of the leader ended its leadership, or found the index unfit. */
export type StepEnd =
  | { readonly ok: true }
  | { readonly ok: false; readonly because: 'fenced' | RebuildReason }

export const DONE: StepEnd = { ok: true }

export type Ended = Extract<StepEnd, { ok: false }>

/** Asked before anything is written into the ledger by what the index said: null when that was the truth. */
export async function whyUnfit(
  { index }: Pick<UpkeepParts, 'index'>,
  leader: Leadership,
): Promise<Ended | null> {
  const answer = await index.confirm(leader)
  if (answer === 'confirmed') return null
  return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
}

export const ended = (because: 'fenced' | RebuildReason): Ended => ({ ok: false, because })
