/** A campaign's hash in Redis, to and from its fields. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CampaignState,
  type Counts,
  type Lane,
  laneOf,
} from '@sunpress/core'

export interface CampaignIndex {
  readonly id: CampaignId
  readonly app: AppId
  readonly lane: Lane
  readonly state: CampaignState
  readonly counts: Counts
  readonly priority: number
  /** Next index to enqueue. */
  readonly cursor: number
  /** Scenes enqueued in this generation. */
  readonly fed: number
  /** Number of the last row published. */
  readonly n: number
  /** Last row that stands in a closed manifest part. */
  readonly closed: number
  /** `closed` when this generation was built: below it, numbers are those of earlier generations too. */
  readonly base: number
  /** Built from the ledger: whatever was published and stood in no closed part comes again. */
  readonly rebuilt: boolean
  /** seq of the last command applied. */
  readonly control: number
  readonly finishedAt: string | null
}

/** What the ledger knows of a campaign when its index is built. */
export interface CampaignProgress {
  readonly state: CampaignState
  readonly published: number
  readonly reused: number
  readonly refused: number
  readonly closed: number
  readonly control: number
}

export const NO_PROGRESS: CampaignProgress = {
  state: 'running',
  published: 0,
  reused: 0,
  refused: 0,
  closed: 0,
  control: 0,
}

export function toFields(campaign: CampaignRecord, progress: CampaignProgress): (string | number)[] {
  const { total } = campaign
  const cancelled = progress.state === 'cancelled' ? total - progress.published - progress.refused : 0
  return Object.entries({
    state: progress.state,
    lane: laneOf(campaign.look.endpoint),
    priority: campaign.priority,
    total,
    skipped: campaign.skipped,
    published: progress.published,
    reused: progress.reused,
    refused: progress.refused,
    cancelled,
    cursor: 0,
    fed: 0,
    n: progress.closed,
    closed: progress.closed,
    base: progress.closed,
    control: progress.control,
  }).flat()
}

/** Scenes that were enqueued in this generation and have not ended: as many jobs ought to be in the lane. */
export const outstandingOf = (campaign: CampaignIndex): number => campaign.fed - (campaign.n - campaign.base)

/** null for a campaign that the index doesn't hold. */
export function fromFields(app: AppId, id: CampaignId, hash: Record<string, string>): CampaignIndex | null {
  if (hash['state'] === undefined) return null
  const whole = (name: string): number => Number(hash[name] ?? 0)
  const [total, published, refused, cancelled] = [
    whole('total'),
    whole('published'),
    whole('refused'),
    whole('cancelled'),
  ]
  return {
    id,
    app,
    lane: hash['lane'] as Lane,
    state: hash['state'] as CampaignState,
    counts: {
      total,
      published,
      reused: whole('reused'),
      refused,
      cancelled,
      pending: total - published - refused - cancelled,
      skipped: whole('skipped'),
    },
    priority: whole('priority'),
    cursor: whole('cursor'),
    fed: whole('fed'),
    n: whole('n'),
    closed: whole('closed'),
    base: whole('base'),
    rebuilt: hash['rebuilt'] === '1',
    control: whole('control'),
    finishedAt: hash['finishedAt'] ?? null,
  }
}
