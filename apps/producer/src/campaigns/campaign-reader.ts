/** How a campaign stands: from the index, else from its report, else from what the ledger has of it. */
import {
  type CampaignId,
  type CampaignRecord,
  type CampaignState,
  type Counts,
  FINAL_STATES,
  isFault,
  isHalt,
  isReopened,
  laneOf,
} from '@sunpress/core'
import type { CampaignIndex, FeedIndex, PlannedCampaign, PlanningBoard } from '@sunpress/feed'
import type { CampaignLedger } from '@sunpress/ledger'
import { etaSecondsOf, type PausedFor, stateByCommands } from '@sunpress/upkeep'
import { createKept } from '../keep.js'
import type { Campaign } from '../schemas/campaign.js'
import { paceOf } from './lane-pace.js'
import { createProspects, type ProspectParts } from './prospects.js'

export interface ReaderParts extends ProspectParts {
  readonly index: FeedIndex
  readonly planning: PlanningBoard
}

export interface CampaignReader {
  /** campaign.json; null when there is no such campaign. */
  record(id: CampaignId): Promise<CampaignRecord | null>
  /** One that is being uploaded; null when there is none, or when that can't be known now. */
  planned(id: CampaignId): Promise<Campaign | null>
  standing(record: CampaignRecord): Promise<Standing>
  /** As the API gives it. */
  answer(record: CampaignRecord, standing?: Standing): Promise<Campaign>
  /** As it was when it was made: the same in every repeat of its request. */
  accepted(record: CampaignRecord): Campaign
}

export interface Standing {
  readonly state: CampaignState
  readonly counts: Counts
  readonly finishedAt: string | null
  /** What says so: the index in Redis, or the ledger while that is being rebuilt. */
  readonly from: 'index' | 'report' | 'ledger'
  /** What the index holds of it. */
  readonly indexed?: CampaignIndex
  /** Where it is another one than the index knows of yet. */
  readonly priority?: number
  /** Files of it can't be read: it is as far as others tell. */
  readonly isDamaged?: true
  /** Where the ledger was asked: whom a paused one waits for. */
  readonly pausedFor?: PausedFor | null
}

const RECORDS_KEPT = 1_000

export function createCampaignReader(parts: ReaderParts): CampaignReader {
  const records = createKept<CampaignRecord>(RECORDS_KEPT)
  const prospectsOf = createProspects(parts)

  const standing = async (record: CampaignRecord): Promise<Standing> => {
    const indexed = await fromIndex(parts.index, record)
    if (indexed !== null && indexed.state !== 'completed') return indexed
    const reopened = await reopenedBy(parts.campaigns, record)
    if (reopened !== null) return reopened
    if (indexed !== null) return indexed
    // Read each time: a retry, whoever took it, gives it another one.
    const report = await parts.campaigns.readReport(record.id)
    return report === null ? await fromLedger(parts.campaigns, record) : { ...report, from: 'report' }
  }

  return {
    record: (id) => records.get(id, () => parts.campaigns.readCampaign(id)),
    async planned(id) {
      const planned = await parts.planning.read(id).catch(() => null)
      return planned === null ? null : inPlanning(planned)
    },
    standing,
    async answer(record, known) {
      const now = known ?? (await standing(record).catch((fault) => whatIsKnown(parts, record, fault)))
      const { state, counts, finishedAt, indexed, priority } = now
      return {
        ...identity(record),
        priority: priority ?? indexed?.priority ?? record.priority,
        state,
        ...(await prospectsOf(record, now)),
        counts,
        finishedAt,
      }
    },
    accepted: (record) => ({
      ...identity(record),
      state: 'running',
      waitingReason: null,
      waitingUntil: null,
      etaSeconds: etaAlone(parts, record),
      counts: untouched(record),
      finishedAt: null,
    }),
  }
}

/** A completed campaign that a retry has opened again, which its index doesn't know yet: only one with an open mark can be. */
async function reopenedBy(campaigns: CampaignLedger, { id }: CampaignRecord): Promise<Standing | null> {
  if ((await campaigns.readOpenMark(id)) === null) return null
  const report = await campaigns.readReport(id)
  const log = report === null ? [] : await campaigns.readControl(id)
  if (report === null || !isReopened(report, log)) return null
  const { state, priority, pausedFor } = stateByCommands(log, report)
  const told = priority === null ? {} : { priority }
  return { state, counts: report.counts, finishedAt: null, from: 'ledger', pausedFor, ...told }
}

/** Of a campaign with files that can't be read: upkeep has set it aside until somebody has looked. */
async function whatIsKnown(parts: ReaderParts, record: CampaignRecord, fault: unknown): Promise<Standing> {
  if (!isHalt(fault)) throw fault
  const indexed = await fromIndex(parts.index, record)
  if (indexed !== null) return { ...indexed, isDamaged: true }
  const report = await parts.campaigns.readReport(record.id).catch(() => null)
  const { state, counts, finishedAt } = report ?? {
    ...{ state: 'running' as const, counts: untouched(record), finishedAt: null },
  }
  return { state, counts, finishedAt, from: 'ledger', isDamaged: true }
}

/** null when the index doesn't hold it, is being rebuilt, or can't be asked. */
async function fromIndex(index: FeedIndex, { app, id }: CampaignRecord): Promise<Standing | null> {
  try {
    const [campaign, { generation }] = await Promise.all([
      index.readCampaign(app, id),
      index.readGeneration(app),
    ])
    if (campaign === null) return null
    // NOTE: without a generation the counts are what is left of the last one, which a rebuild may correct.
    if (generation === null && !FINAL_STATES.has(campaign.state)) return null
    const { state, counts, finishedAt } = campaign
    return { state, counts, finishedAt, from: 'index', indexed: campaign }
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}

/** No more than where its commands lead: what has been published is known again after the rebuild. */
async function fromLedger(campaigns: CampaignLedger, record: CampaignRecord): Promise<Standing> {
  const { state, pausedFor } = stateByCommands(await campaigns.readControl(record.id))
  return { state, counts: untouched(record), finishedAt: null, from: 'ledger', pausedFor }
}

const identity = ({ id, app, name, priority, source, createdAt }: CampaignRecord) => ({
  id,
  app,
  name,
  priority,
  ...(source.ignoredColumns === undefined ? {} : { ignoredColumns: [...source.ignoredColumns] }),
  createdAt,
})

const inPlanning = ({ rows, ...identity }: PlannedCampaign): Campaign => ({
  ...identity,
  state: 'planning',
  waitingReason: 'uploading',
  waitingUntil: null,
  etaSeconds: null,
  counts: untouched({ total: rows, skipped: 0 }),
  finishedAt: null,
})

const untouched = ({ total, skipped }: Pick<CampaignRecord, 'total' | 'skipped'>): Counts => ({
  total,
  published: 0,
  reused: 0,
  refused: 0,
  cancelled: 0,
  pending: total,
  skipped,
})

/** By what is the same whenever it is asked: from its creation on, with whole days, as if nothing else were printed. */
function etaAlone(parts: ReaderParts, { app, look, priority, total, window, createdAt }: CampaignRecord) {
  return etaSecondsOf({
    campaign: { priority, counts: { pending: total }, perMinute: null, window: window ?? null },
    ...{ waiting: null, pace: paceOf(parts, app, laneOf(look.endpoint), null), besides: [] },
    nowMs: Date.parse(createdAt),
  })
}
