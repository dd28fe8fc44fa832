/** Why a campaign waits, until when, and how long it takes from now: what the API says beside its counts. */
import {
  type AppBook,
  type AppId,
  type CampaignRecord,
  type Clock,
  FINAL_STATES,
  isFault,
  type Lane,
  type WaitingReason,
} from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import type { CampaignLedger } from '@sunpress/ledger'
import {
  besidesOf,
  etaSecondsOf,
  heldMeanwhile,
  mayBringPages,
  type PausedFor,
  printableNow,
  stateByCommands,
  type WaitingFacts,
  waitingOf,
} from '@sunpress/upkeep'
import { createKept } from '../keep.js'
import type { Campaign } from '../schemas/campaign.js'
import type { Standing } from './campaign-reader.js'
import { type LaneLimits, type LaneUse, paceOf } from './lane-pace.js'

export interface ProspectParts extends LaneLimits {
  readonly apps: Pick<AppBook, 'find'>
  readonly campaigns: CampaignLedger
  readonly clock: Clock
  /** What stops an app's campaigns; null when that can't be known now. */
  readonly waitingFactsOf: (app: AppId) => Promise<AppFacts | null>
}

export interface AppFacts extends Pick<WaitingFacts, 'holds' | 'feedLength' | 'others'> {
  readonly lanes: Readonly<Record<Lane, LaneUse>>
}

export type Prospects = Pick<Campaign, 'waitingReason' | 'waitingUntil' | 'etaSeconds'>

const NOTHING: Prospects = { waitingReason: null, waitingUntil: null, etaSeconds: null }
const waitsFor = (waitingReason: WaitingReason): Prospects => ({ ...NOTHING, waitingReason })

const PAUSES_KEPT = 1_000

export function createProspects(
  parts: ProspectParts,
): (record: CampaignRecord, standing: Standing) => Promise<Prospects> {
  const pauses = createKept<PausedFor>(PAUSES_KEPT)

  /** By the log as far as the index knows it: that never changes. */
  const pausedFor = async ({ id, control }: CampaignIndex): Promise<PausedFor> => {
    const known = await pauses.get(`${id}.${control}`, async () => {
      const log = await parts.campaigns.readControl(id)
      const heard = log.filter(({ seq }) => seq <= control)
      return stateByCommands(heard, await parts.campaigns.readReport(id)).pausedFor
    })
    return known ?? 'paused'
  }

  return async (record, standing) => {
    const { state, from, indexed, isDamaged } = standing
    if (FINAL_STATES.has(state)) return NOTHING
    if (isDamaged === true) return waitsFor('campaign_held')
    if (state === 'paused') {
      if (indexed === undefined) return waitsFor(standing.pausedFor ?? 'paused')
      return waitsFor(await pausedFor(indexed).catch(unlessFault<PausedFor>('paused')))
    }
    // Nobody leads an app that isn't configured.
    if (state === 'running' && parts.apps.find(record.app) === undefined) return waitsFor('app_held')
    if (state === 'running' && from === 'ledger') return waitsFor('rebuilding')
    if (indexed === undefined || indexed.counts.pending === 0) return NOTHING
    return await ofRunning(parts, record, indexed)
  }
}

/** The log can't be read now: that somebody paused it is known. */
const unlessFault =
  <T>(otherwise: T) =>
  (fault: unknown): T => {
    if (isFault(fault)) return otherwise
    throw fault
  }

async function ofRunning(
  parts: ProspectParts,
  record: CampaignRecord,
  campaign: CampaignIndex,
): Promise<Prospects> {
  const facts = await parts.waitingFactsOf(campaign.app)
  const nowMs = parts.clock.now()
  const bringsPages = mayBringPages(record)
  const waiting = facts === null ? null : waitingOf({ ...facts, bringsPages, campaign, nowMs })
  const printable = printableNow(facts?.holds ?? [], nowMs)
  const next = waiting?.nextStepMs ?? null
  return {
    waitingReason: waiting?.reason ?? null,
    waitingUntil: next === null ? null : new Date(next).toISOString(),
    etaSeconds: etaSecondsOf({
      ...{ campaign, nowMs },
      waiting: waiting ?? (facts === null ? null : heldMeanwhile({ ...facts, campaign, nowMs })),
      pace: paceOf(parts, campaign.app, campaign.lane, facts?.lanes[campaign.lane] ?? null),
      besides: besidesOf(campaign, facts?.others ?? [], printable),
    }),
  }
}
