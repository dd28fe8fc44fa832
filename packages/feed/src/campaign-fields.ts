/** A campaign's hash in Redis, to and from its fields. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CampaignState,
  type CampaignWindow,
  type Counts,
  type EnvVersion,
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
  /** Scenes that the cursor has passed, or that were let go below it, in this generation. */
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
  /** seq of the last `retry` carried out. */
  readonly retried: number
  /** Scenes set aside for one more round: they have no job. */
  readonly parked: number
  /** The round for what was parked has begun: no scene is parked again. */
  readonly lastRound: boolean
  /** Of its look, null where WeChat doesn't check it; a row may have a page of its own. */
  readonly page: string | null
  /** Rows that have one; 0 as well where nobody has counted them. */
  readonly ownPages: number
  readonly envVersion: EnvVersion
  readonly window: CampaignWindow | null
  /** Epoch ms at which its window closes; 0 while it is closed, or while no leader has judged it yet. */
  readonly closesAt: number
  /** Scenes after which it waits for somebody to look at them. */
  readonly canary: number | null
  /** Scenes that ended a minute, of late; null while that isn't known. */
  readonly perMinute: number | null
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
  readonly retried: number
  /** null: as campaign.json says. */
  readonly priority: number | null
}

export const NO_PROGRESS: CampaignProgress = {
  state: 'running',
  published: 0,
  reused: 0,
  refused: 0,
  closed: 0,
  control: 0,
  retried: 0,
  priority: null,
}

export function toFields(campaign: CampaignRecord, progress: CampaignProgress): (string | number)[] {
  const { total } = campaign
  const cancelled = progress.state === 'cancelled' ? total - progress.published - progress.refused : 0
  return Object.entries({
    state: progress.state,
    lane: laneOf(campaign.look.endpoint),
    priority: progress.priority ?? campaign.priority,
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
    retried: progress.retried,
    page: campaign.look.checkPath ? (campaign.look.page ?? '') : '',
    env: campaign.look.envVersion,
    // Whatever else stands there is no count, and an array would be taken for further fields.
    ...(Number.isSafeInteger(campaign.ownPages) ? { ownPages: campaign.ownPages } : {}),
    ...(campaign.canary === undefined ? {} : { canary: campaign.canary }),
    ...(campaign.window === undefined ? {} : { window: JSON.stringify(campaign.window) }),
  }).flat()
}

/** Scenes below the cursor that have neither ended nor been parked: as many jobs ought to be in the lane, but for held pages. */
export const outstandingOf = ({ fed, n, base, parked }: CampaignIndex): number => fed - (n - base) - parked

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
    retried: whole('retried'),
    parked: whole('parked'),
    lastRound: hash['lastRound'] === '1',
    page: hash['page'] || null,
    ownPages: whole('ownPages'),
    envVersion: (hash['env'] as EnvVersion | undefined) ?? 'release',
    window: hash['window'] === undefined ? null : (JSON.parse(hash['window']) as CampaignWindow),
    closesAt: whole('closesAt'),
    canary: hash['canary'] === undefined ? null : whole('canary'),
    perMinute: hash['perMinute'] === undefined ? null : whole('perMinute'),
    finishedAt: hash['finishedAt'] ?? null,
  }
}
