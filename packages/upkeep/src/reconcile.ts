/**
 * Compares the ledger's open marks and control logs with the index: what a crash, a lost message or a lost key left out is
 * made good. A little at a turn, so that a thousand open campaigns keep nobody waiting.
 */
import { type CampaignId, FINAL_STATES } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { stateByCommands } from './control-state.js'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'

export interface Reconciler {
  step(leader: Leadership): Promise<StepEnd>
}

/** Between the end of one walk over the open marks and the next. */
const EVERY_MS = 15_000
/** Of one turn. */
const BUDGET_MS = 200

export function createReconciler(parts: UpkeepParts): Reconciler {
  const { clock } = parts
  let walk: AsyncGenerator<CampaignId> | null = null
  let restUntilMs = Number.NEGATIVE_INFINITY
  return {
    async step(leader) {
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
        const end = await lookAt(parts, leader, next.value)
        if (!end.ok) return end
      } while (clock.monotonic() - startedMs < BUDGET_MS)
      return DONE
    },
  }
}

async function lookAt(parts: UpkeepParts, leader: Leadership, id: CampaignId): Promise<StepEnd> {
  if ((await parts.campaigns.readOpenMark(id))?.app !== leader.app) return DONE
  const known = await parts.index.readCampaign(leader.app, id)
  if (known === null) return await adopt(parts, leader, id)
  if (FINAL_STATES.has(known.state)) {
    if ((await parts.campaigns.readReport(id)) !== null) await parts.campaigns.unmarkOpen(id)
    return DONE
  }
  if (!(await parts.index.isSound(leader.app, id))) return ended('index_damaged')
  await applyCommands(parts, leader, known)
  return DONE
}

/** A campaign that nobody announced; one with rows already has lost its index, and so have others perhaps. */
async function adopt(parts: UpkeepParts, leader: Leadership, id: CampaignId): Promise<StepEnd> {
  const campaign = await parts.campaigns.readCampaign(id)
  if (campaign === null) return DONE
  if ((await parts.campaigns.readReport(id)) !== null) {
    await parts.campaigns.unmarkOpen(id)
    return DONE
  }
  if ((await parts.manifests.listParts(id)).length > 0) return ended('unknown_campaign')
  if ((await parts.index.open(leader.generation, campaign)) === 'rebuild') return ended('no_generation')
  const opened = await parts.index.readCampaign(leader.app, id)
  if (opened !== null) await applyCommands(parts, leader, opened)
  return DONE
}

/** The log as a whole, since its commands may have reached the index in another order, or not at all. */
async function applyCommands(parts: UpkeepParts, leader: Leadership, known: CampaignIndex): Promise<void> {
  const { state, control: seq } = stateByCommands(await parts.campaigns.readControl(known.id))
  if (seq <= known.control && state !== 'cancelled') return
  if (state === 'running' || state === 'paused' || state === 'cancelled') {
    await parts.index.control(leader.app, leader.generation, known.id, { seq, state })
  }
}
