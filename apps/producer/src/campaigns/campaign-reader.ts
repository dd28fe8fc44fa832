/** How a campaign stands: from the index, else from its report, else from what the ledger has of it. */
import {
  type AppBook,
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CampaignState,
  type Clock,
  type Counts,
  FINAL_STATES,
  isFault,
  isHalt,
  isReopened,
  type Lane,
  laneOf,
  type WaitingReason,
} from '@sunpress/core'
import type { CampaignIndex, FeedIndex, PlannedCampaign, PlanningBoard } from '@sunpress/feed'
import type { CampaignLedger } from '@sunpress/ledger'
import { etaSecondsOf, stateByCommands, type WaitingFacts, waitingOf } from '@sunpress/upkeep'
import { createKept } from '../keep.js'
import type { Campaign } from '../schemas/campaign.js'

export interface ReaderParts {
  readonly apps: Pick<AppBook, 'find'>
  readonly campaigns: CampaignLedger
  readonly index: FeedIndex
  readonly planning: PlanningBoard
  readonly clock: Clock
  /** What stops an app's campaigns; null when that can't be known now. */
  readonly waitingFactsOf: (app: AppId) => Promise<AppFacts | null>
  /** Scenes a minute; null when that can't be known. */
  readonly rateOf: (app: AppId, lane: Lane) => number | null
}

export type AppFacts = Pick<WaitingFacts, 'holds' | 'feedLength' | 'others'>

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
}

const RECORDS_KEPT = 1_000

export function createCampaignReader(parts: ReaderParts): CampaignReader {
  const records = createKept<CampaignRecord>(RECORDS_KEPT)

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
        ...(await prospects(parts, record, now)),
        counts,
        finishedAt,
      }
    },
    accepted: (record) => ({
      ...identity(record),
      state: 'running',
      waitingReason: null,
      waitingUntil: null,
      etaSeconds: etaSeconds(record.total, parts.rateOf(record.app, laneOf(record.look.endpoint))),
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
  const { state, priority } = stateByCommands(log, report)
  const told = priority === null ? {} : { priority }
  return { state, counts: report.counts, finishedAt: null, from: 'ledger', ...told }
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

type Prospects = Pick<Campaign, 'waitingReason' | 'waitingUntil' | 'etaSeconds'>

const NOTHING: Prospects = { waitingReason: null, waitingUntil: null, etaSeconds: null }
const waitsFor = (waitingReason: WaitingReason): Prospects => ({ ...NOTHING, waitingReason })

/** Why it waits, until when, and how long it takes from now. */
async function prospects(
  { apps, clock, waitingFactsOf, rateOf }: ReaderParts,
  { app, look }: CampaignRecord,
  { state, from, indexed: campaign, isDamaged }: Standing,
): Promise<Prospects> {
  if (isDamaged === true) return FINAL_STATES.has(state) ? NOTHING : waitsFor('campaign_held')
  // Nobody leads an app that isn't configured.
  if (state === 'running' && apps.find(app) === undefined) return waitsFor('app_held')
  if (state === 'running' && from === 'ledger') return waitsFor('rebuilding')
  if (campaign === undefined || state !== 'running' || campaign.counts.pending === 0) return NOTHING
  const facts = await waitingFactsOf(app)
  const nowMs = clock.now()
  const waiting = facts === null ? null : waitingOf({ ...facts, campaign, nowMs })
  const next = waiting?.nextStepMs ?? null
  return {
    waitingReason: waiting?.reason ?? null,
    waitingUntil: next === null ? null : new Date(next).toISOString(),
    etaSeconds: etaSecondsOf({
      campaign,
      waiting,
      quotaPerMinute: rateOf(app, laneOf(look.endpoint)),
      nowMs,
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
    return { state, counts, finishedAt, from: 'index', indexed: campaign }
  } catch (fault) {
    if (isFault(fault)) return null
    throw fault
  }
}

/** No more than where its commands lead: what has been published is known again after the rebuild. */
async function fromLedger(campaigns: CampaignLedger, record: CampaignRecord): Promise<Standing> {
  const { state } = stateByCommands(await campaigns.readControl(record.id))
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

const etaSeconds = (pending: number, perMinute: number | null): number | null =>
  perMinute === null || perMinute <= 0 ? null : Math.ceil((pending / perMinute) * 60)
