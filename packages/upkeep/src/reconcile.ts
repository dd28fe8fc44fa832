/**
 * Compares the ledger's open marks and control logs with the index: what a crash, a lost message or a lost key left out is
 * made good. A little at a turn, so that a thousand open campaigns keep nobody waiting; a campaign whose index has just heard of
 * a command, or could not hear of it, is looked at at once.
 */
import {
  awaitsRetry,
  type CampaignId,
  type CampaignRecord,
  type CampaignReport,
  type ControlRecord,
} from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { applyLog } from './apply-log.js'
import type { ManifestWriter } from './manifest-writer.js'
import { createOpenMarkWalk } from './open-mark-walk.js'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import { readStanding } from './rebuild.js'
import { createRetries, hasEnded, type Retries } from './retry-refused.js'
import type { Aside } from './set-aside.js'

export interface Reconciler {
  /** First of all in a turn: a campaign whose command came while the index was built anew is not to run on meanwhile. */
  hear(leader: Leadership): Promise<StepEnd>
  step(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
}

/** Between the end of one walk over the open marks and the next. */
const EVERY_MS = 15_000
/** Of one turn. */
const BUDGET_MS = 200
const NEWS_BUDGET_MS = 1_000

export function createReconciler(parts: UpkeepParts, writer: ManifestWriter, aside: Aside): Reconciler {
  const { clock } = parts
  const retries = createRetries(parts, writer)
  /** Number of the last command that this leader has seen the index hear of. */
  const heard = new Map<CampaignId, number>()
  const walk = createOpenMarkWalk(parts.campaigns)
  let restUntilMs = Number.NEGATIVE_INFINITY

  const lookAtNews = async (leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd> => {
    const startedMs = clock.monotonic()
    for (const campaign of open) {
      if (clock.monotonic() - startedMs > NEWS_BUDGET_MS) return DONE
      if (heard.get(campaign.id) === campaign.control) continue
      const follow = () => followLog(parts, retries, leader, campaign)
      const end = campaign.control === 0 ? DONE : await aside.unlessDamaged(leader.app, campaign.id, follow)
      if (end !== null && !end.ok) return end
      heard.set(campaign.id, campaign.control)
    }
    const [oldest] = heard.keys()
    if (heard.size > 2 * open.length + MOST_HEARD && oldest !== undefined) heard.delete(oldest)
    return DONE
  }

  const lookAtOne = async (leader: Leadership, id: CampaignId): Promise<StepEnd> => {
    if (aside.has(id)) return DONE
    return (await aside.unlessDamaged(leader.app, id, () => lookAt(parts, retries, leader, id))) ?? DONE
  }
  /** Whoever comes after us is to hear of it when we don't come to an end. */
  const lookAtUnheard = async (leader: Leadership, id: CampaignId): Promise<StepEnd> => {
    let end: StepEnd | null = null
    try {
      end = await lookAtOne(leader, id)
      return end
    } finally {
      if (end?.ok !== true) await parts.index.tellUnheard(leader.app, id).catch(() => {})
    }
  }

  /** A loss of Redis would take an unmarked campaign along. */
  const markAgain = async ({ app }: Leadership, unmarked: readonly CampaignId[]): Promise<void> => {
    for (const id of unmarked)
      await aside.unlessDamaged(app, id, async () => {
        if (!(await parts.campaigns.hasEnded(id))) await parts.campaigns.markOpen(id, app)
      })
  }

  /** One retry a turn: the others have theirs in the next ones. */
  const goOnRetrying = async (leader: Leadership): Promise<StepEnd> => {
    const id = retries.next()
    if (id === null) return DONE
    const known = await parts.index.readCampaign(leader.app, id)
    if (known === null || aside.has(id)) retries.forget(id)
    if (known === null || aside.has(id)) return DONE
    const goOn = () => followLog(parts, retries, leader, known)
    return (await aside.unlessDamaged(leader.app, id, goOn)) ?? DONE
  }

  return {
    async hear(leader) {
      const startedMs = clock.monotonic()
      do {
        const id = await parts.index.takeUnheard(leader.app)
        if (id === null) return DONE
        const end = await lookAtUnheard(leader, id)
        if (!end.ok) return end
      } while (clock.monotonic() - startedMs < NEWS_BUDGET_MS)
      return DONE
    },
    async step(leader, open) {
      const gone = await goOnRetrying(leader)
      if (!gone.ok) return gone
      const news = await lookAtNews(leader, open)
      if (!news.ok) return news
      const startedMs = clock.monotonic()
      if (startedMs < restUntilMs) return DONE
      const ids = open.map(({ id }) => id)
      do {
        const id = await walk.next(ids)
        if (id === null) {
          await markAgain(leader, walk.missed(ids))
          restUntilMs = clock.monotonic() + EVERY_MS
          return DONE
        }
        const end = await lookAtOne(leader, id)
        if (!end.ok) return end
      } while (clock.monotonic() - startedMs < BUDGET_MS)
      return DONE
    },
  }
}

const MOST_HEARD = 1_000

async function lookAt(
  parts: UpkeepParts,
  retries: Retries,
  leader: Leadership,
  id: CampaignId,
): Promise<StepEnd> {
  if ((await parts.campaigns.readOpenMark(id))?.app !== leader.app) return DONE
  const known = await parts.index.readCampaign(leader.app, id)
  if (known === null || hasEnded(known)) return await adopt(parts, retries, leader, id)
  if (!(await parts.index.isSound(leader.app, id))) {
    // What it was built from may be what is wrong.
    await parts.bits.removeCheckpoints(id)
    return ended('index_damaged')
  }
  return await followLog(parts, retries, leader, known)
}

/**
 * A campaign that the index doesn't hold open: nobody announced it, or a retry has come behind its end. One with rows and no end
 * has lost its index, and so have others perhaps.
 */
async function adopt(
  parts: UpkeepParts,
  retries: Retries,
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
  // Before anything is done with it: what can't be read is set aside, and is no reason to build the index anew.
  await parts.campaigns.readControl(id)
  if (report === null && (await parts.manifests.listParts(id)).length > 0) {
    await readStanding(parts, campaign)
    return ended('unknown_campaign')
  }
  const answer =
    report === null
      ? await parts.index.open(leader.generation, campaign)
      : await reopen(parts, leader, campaign)
  if (answer === 'rebuild') return ended('no_generation')
  if (answer === 'fenced') return ended('fenced')
  const opened = await parts.index.readCampaign(leader.app, id)
  return opened === null ? DONE : await followLog(parts, retries, leader, opened, report)
}

async function reopen(parts: UpkeepParts, leader: Leadership, campaign: CampaignRecord) {
  const { progress, bits } = await readStanding(parts, campaign)
  return await parts.index.reopen(leader, campaign, progress, bits)
}

/** States and priority first, then the retries that have not been carried out, as far as a turn comes. */
async function followLog(
  parts: UpkeepParts,
  retries: Retries,
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
    if (now === null || campaign === null || hasEnded(now)) {
      retries.forget(known.id)
      return DONE
    }
    const end = await retries.step(leader, campaign, command)
    if (end === 'under_way') return DONE
    if (end !== 'done') return end
  }
  return await followAgain(parts, leader, known, { log, report })
}

/** While nothing was pending a cancel behind a retry had no effect, and another command perhaps not, whose caller knew of no retry. */
async function followAgain(
  parts: UpkeepParts,
  leader: Leadership,
  before: CampaignIndex,
  { log, report }: { log: readonly ControlRecord[]; report: CampaignReport | null },
): Promise<StepEnd> {
  if (!awaitsRetry(log, before.retried)) return DONE
  const known = await parts.index.readCampaign(leader.app, before.id)
  if (known === null) return DONE
  return (await applyLog(parts, leader, known, log, report)) === 'rebuild' ? ended('no_generation') : DONE
}
