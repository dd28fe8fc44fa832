/** How a campaign stands: from the index, else from its report, else from what the ledger has of it. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CampaignReport,
  type CampaignState,
  type Counts,
  FINAL_STATES,
  isFault,
  type Lane,
  laneOf,
  stateAfter,
  type WaitingReason,
} from '@sunpress/core'
import type { FeedIndex, PlannedCampaign, PlanningBoard } from '@sunpress/feed'
import type { CampaignLedger } from '@sunpress/ledger'
import { createKept } from '../keep.js'
import type { Campaign } from '../schemas/campaign.js'

export interface ReaderParts {
  readonly campaigns: CampaignLedger
  readonly index: FeedIndex
  readonly planning: PlanningBoard
  /** Why a lane doesn't move; null when it does, or when that can't be known now. */
  readonly waitingReasonOf: (app: AppId, lane: Lane) => Promise<WaitingReason | null>
  /** Scenes a minute; null when that can't be known. */
  readonly rateOf: (app: AppId, lane: Lane) => number | null
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
}

const RECORDS_KEPT = 1_000

export function createCampaignReader(parts: ReaderParts): CampaignReader {
  const records = createKept<CampaignRecord>(RECORDS_KEPT)
  const reports = createKept<CampaignReport>(RECORDS_KEPT)

  const standing = async (record: CampaignRecord): Promise<Standing> => {
    const indexed = await fromIndex(parts.index, record)
    if (indexed !== null) return indexed
    const report = await reports.get(record.id, () => parts.campaigns.readReport(record.id))
    if (report !== null) return { ...report, from: 'report' }
    return await fromLedger(parts.campaigns, record)
  }

  return {
    record: (id) => records.get(id, () => parts.campaigns.readCampaign(id)),
    async planned(id) {
      const planned = await parts.planning.read(id).catch(() => null)
      return planned === null ? null : inPlanning(planned)
    },
    standing,
    async answer(record, known) {
      const { state, counts, finishedAt, from } = known ?? (await standing(record))
      const lane = laneOf(record.look.endpoint)
      const moves = state === 'running' && counts.pending > 0
      const waiting = moves && from === 'index' ? await parts.waitingReasonOf(record.app, lane) : null
      return {
        ...identity(record),
        state,
        waitingReason: moves && from === 'ledger' ? 'rebuilding' : waiting,
        etaSeconds: moves ? etaSeconds(counts.pending, parts.rateOf(record.app, lane)) : null,
        counts,
        finishedAt,
      }
    },
    accepted: (record) => ({
      ...identity(record),
      state: 'running',
      waitingReason: null,
      etaSeconds: etaSeconds(record.total, parts.rateOf(record.app, laneOf(record.look.endpoint))),
      counts: untouched(record),
      finishedAt: null,
    }),
  }
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
    return { state, counts, finishedAt, from: 'index' }
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}

/** No more than where its commands lead: what has been published is known again after the rebuild. */
async function fromLedger(campaigns: CampaignLedger, record: CampaignRecord): Promise<Standing> {
  let state: CampaignState = 'running'
  for (const { command } of await campaigns.readControl(record.id))
    state = stateAfter(state, command) ?? state
  return { state, counts: untouched(record), finishedAt: null, from: 'ledger' }
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
  waitingReason: null,
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

const etaSeconds = (pending: number, perMinute: number | null): number | null =>
  perMinute === null || perMinute <= 0 ? null : Math.ceil((pending / perMinute) * 60)
