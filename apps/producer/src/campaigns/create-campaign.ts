/**
 * A request becomes a campaign: parts and looks, the open mark, campaign.json, and only then is anybody told. Whatever dies
 * before campaign.json leaves no campaign; whatever dies behind it is found by upkeep. None is made while pictures of its app are
 * being purged, since it may be about to publish them: its rows stay, for the same request to come again.
 */
import type { AppId, CampaignId, CampaignRecord, CampaignSource, Clock } from '@sunpress/core'
import { fieldDefect, isFault } from '@sunpress/core'
import type { FeedIndex, PlanningBoard } from '@sunpress/feed'
import type { CampaignLedger, Openings } from '@sunpress/ledger'
import { invalid } from '../problem.js'
import type { CampaignDraft } from './campaign-request.js'
import { type GuardParts, guardLifetime } from './guard-lifetime.js'
import { conflict, createPartWriter } from './part-writer.js'
import { type RowBatches, writeScenes } from './write-scenes.js'

export interface CreateParts extends GuardParts {
  readonly campaigns: CampaignLedger
  readonly openings: Openings
  readonly index: FeedIndex
  readonly planning: PlanningBoard
  readonly clock: Clock
  /** Tells whoever verifies `healed` later which campaign has printed again. */
  readonly markHealing: (healed: CampaignId, by: CampaignId) => Promise<void>
}

export interface CampaignPlan {
  readonly id: CampaignId
  readonly draft: CampaignDraft
  readonly batches: RowBatches
  /** Asked when all rows have been read. */
  readonly source: () => CampaignSource
  /** May what an attempt left behind be taken away? Not while another attempt may be writing the same. */
  readonly mayDiscard: () => Promise<boolean>
  /** What a schedule adds to its campaigns. */
  readonly ofSchedule?: Pick<CampaignRecord, 'schedule' | 'window' | 'repeats'>
}

export async function createCampaign(parts: CreateParts, plan: CampaignPlan): Promise<CampaignRecord> {
  const { id, draft } = plan
  const { lifetimeGuard: _lifetimeGuard, ...kept } = draft
  const { heals } = draft
  if (heals !== undefined) await checkHealed(parts, draft.app, heals)
  // Asked again below, where it counts: here it saves the reading of millions of rows.
  await parts.openings.refuseWhilePurged(draft.app)
  const written = await writeRows(parts, plan)
  const record: CampaignRecord = {
    v: 1,
    id,
    ...kept,
    name: draft.name ?? id,
    source: plan.source(),
    ...written,
    ...plan.ofSchedule,
    createdAt: new Date(parts.clock.now()).toISOString(),
  }
  if (heals !== undefined) await parts.markHealing(heals, id)
  const standing = await open(parts, record)
  await announce(parts.index, standing)
  return standing
}

const open = (
  { campaigns, openings, planning }: CreateParts,
  record: CampaignRecord,
): Promise<CampaignRecord> =>
  openings
    .during(record, async ({ checkInTime }) => {
      await campaigns.markOpen(record.id, record.app)
      checkInTime()
      return (await campaigns.writeCampaign(record)) ? record : await adopt(campaigns, record)
    })
    .catch(async (fault) => {
      await planning.forget(record.id).catch(() => {})
      throw fault
    })

async function checkHealed({ campaigns }: CreateParts, app: AppId, heals: CampaignId): Promise<void> {
  if ((await campaigns.readCampaign(heals))?.app === app) return
  const expected = 'the id of a campaign of this app'
  throw invalid('The request is not as expected.', [fieldDefect('heals', 'value', expected, heals)])
}

async function writeRows(parts: CreateParts, { id, draft, batches, mayDiscard }: CampaignPlan) {
  const { campaigns, planning } = parts
  const show = showProgress(parts, id, draft)
  const writer = createPartWriter(campaigns, { id, app: draft.app, look: draft.look, onPart: show })
  show(0)
  try {
    const written = await writeScenes(batches, writer, draft)
    await guardLifetime(parts, draft, { id, total: written.total })
    return written
  } catch (fault) {
    await planning.forget(id).catch(() => {})
    await discard(campaigns, id, mayDiscard).catch(() => {})
    throw fault
  }
}

/**
 * Nobody ever reads parts without a campaign.json: that they go is a courtesy, and whenever in doubt they stay. Another attempt
 * of the same request may have made the campaign of them.
 */
async function discard(
  campaigns: CampaignLedger,
  id: CampaignId,
  mayDiscard: CampaignPlan['mayDiscard'],
): Promise<void> {
  if ((await mayDiscard()) && (await campaigns.readCampaign(id)) === null) await campaigns.removeParts(id)
}

/** Nobody waits for it, and nothing is lost when it can't be shown. */
function showProgress({ planning, clock }: CreateParts, id: CampaignId, draft: CampaignDraft) {
  const { app, name, priority } = draft
  const createdAt = new Date(clock.now()).toISOString()
  return (rows: number): void => {
    planning.note({ id, app, name: name ?? id, priority, createdAt, rows }).catch(() => {})
  }
}

/** Another attempt of the same request was faster; its parts are ours, or writing them had been a conflict. */
async function adopt(campaigns: CampaignLedger, mine: CampaignRecord): Promise<CampaignRecord> {
  const there = await campaigns.readCampaign(mine.id)
  if (there === null || there.total !== mine.total || there.source.sha256 !== mine.source.sha256)
    throw conflict()
  return there
}

/** An index that is away, or is being rebuilt, does no harm: upkeep finds the campaign by its open mark. */
export async function announce(index: FeedIndex, record: CampaignRecord): Promise<void> {
  try {
    const { generation } = await index.readGeneration(record.app)
    if (generation !== null) await index.open(generation, record)
  } catch (fault) {
    if (!isFault(fault)) throw fault
  }
}
