/**
 * Compares the ledger's open marks and control logs with the index: what a crash, a lost message or a lost key left out is
 * made good. A little at a turn, so that a thousand open campaigns keep nobody waiting; a campaign whose index has just heard of
 * a command is looked at at once.
 */
import { type CampaignId, type CampaignRecord, type CampaignReport, FINAL_STATES } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { applyLog } from './apply-log.js'
import type { ManifestWriter } from './manifest-writer.js'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import { readStanding } from './rebuild.js'
import { mayRetry, retryRefused } from './retry-refused.js'

export interface Reconciler {
  step(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
}

/** Between the end of one walk over the open marks and the next. */
const EVERY_MS = 15_000
/** Of one turn. */
const BUDGET_MS = 200
const NEWS_BUDGET_MS = 1_000

export function createReconciler(parts: UpkeepParts, writer: ManifestWriter): Reconciler {
  const { clock } = parts
  /** Number of the last command that this leader has seen the index hear of. */
  const heard = new Map<CampaignId, number>()
  let walk: AsyncGenerator<CampaignId> | null = null
  let restUntilMs = Number.NEGATIVE_INFINITY

  const lookAtNews = async (leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd> => {
    const startedMs = clock.monotonic()
    for (const campaign of open) {
      if (clock.monotonic() - startedMs > NEWS_BUDGET_MS) return DONE
      if (heard.get(campaign.id) === campaign.control) continue
      const end = campaign.control === 0 ? DONE : await followLog(parts, writer, leader, campaign)
      if (!end.ok) return end
      heard.set(campaign.id, campaign.control)
    }
    const [oldest] = heard.keys()
    if (heard.size > 2 * open.length + MOST_HEARD && oldest !== undefined) heard.delete(oldest)
    return DONE
  }

  return {
    async step(leader, open) {
      const news = await lookAtNews(leader, open)
      if (!news.ok) return news
      const startedMs = clock.monotonic()
      if (startedMs < restUntilMs) return DONE
      walk ??= parts.campaigns.listOpen()
      do {
        const next = await walk.next()
        if (next.done === true) {
          walk = null
          restUntilMs = clock.monotonic() + EVERY_MS
          return DONE
        }
        const end = await lookAt(parts, writer, leader, next.value)
        if (!end.ok) return end
      } while (clock.monotonic() - startedMs < BUDGET_MS)
      return DONE
    },
  }
}

const MOST_HEARD = 1_000

async function lookAt(
  parts: UpkeepParts,
  writer: ManifestWriter,
  leader: Leadership,
  id: CampaignId,
): Promise<StepEnd> {
  if ((await parts.campaigns.readOpenMark(id))?.app !== leader.app) return DONE
  const known = await parts.index.readCampaign(leader.app, id)
  if (known === null || FINAL_STATES.has(known.state)) return await adopt(parts, writer, leader, id)
  if (!(await parts.index.isSound(leader.app, id))) return ended('index_damaged')
  return await followLog(parts, writer, leader, known)
}

/**
 * A campaign that the index doesn't hold open: nobody announced it, or a retry has come behind its end. One with rows and no end
 * has lost its index, and so have others perhaps.
 */
async function adopt(
  parts: UpkeepParts,
  writer: ManifestWriter,
  leader: Leadership,
  id: CampaignId,
): Promise<StepEnd> {
  const campaign = await parts.campaigns.readCampaign(id)
  if (campaign === null) return DONE
  const report = await parts.campaigns.readReport(id)
  if (report !== null && (await parts.campaigns.hasEnded(id))) {
    await parts.campaigns.closeEnded(id, leader.app)
    return DONE
  }
  if (report === null && (await parts.manifests.listParts(id)).length > 0) return ended('unknown_campaign')
  const answer =
    report === null
      ? await parts.index.open(leader.generation, campaign)
      : await reopen(parts, leader, campaign)
  if (answer === 'rebuild') return ended('no_generation')
  if (answer === 'fenced') return ended('fenced')
  const opened = await parts.index.readCampaign(leader.app, id)
  return opened === null ? DONE : await followLog(parts, writer, leader, opened, report)
}

async function reopen(parts: UpkeepParts, leader: Leadership, campaign: CampaignRecord) {
  const { progress, bits } = await readStanding(parts, campaign)
  return await parts.index.reopen(leader, campaign, progress, bits)
}

/** States and priority first, then the retries that have not been carried out. */
async function followLog(
  parts: UpkeepParts,
  writer: ManifestWriter,
  leader: Leadership,
  known: CampaignIndex,
  of?: CampaignReport | null,
): Promise<StepEnd> {
  const log = await parts.campaigns.readControl(known.id)
  if (log.length === 0) return DONE
  const report = of === undefined ? await parts.campaigns.readReport(known.id) : of
  if ((await applyLog(parts, leader, known, log, report)) === 'rebuild') return ended('no_generation')
  for (const command of log) {
    if (command.command !== 'retry' || command.seq <= known.retried) continue
    const [now, campaign] = [
      await parts.index.readCampaign(leader.app, known.id),
      await parts.campaigns.readCampaign(known.id),
    ]
    if (now === null || campaign === null || !mayRetry(now)) return DONE
    const end = await retryRefused(parts, leader, { campaign, command, writer })
    if (!end.ok) return end
  }
  return DONE
}
