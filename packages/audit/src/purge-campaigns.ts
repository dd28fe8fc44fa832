/**
 * Purges several campaigns of an app: one purge or heal per app at a time. What is wanted is asked for under its mark, when all
 * campaigns that were being opened have come to be, or not; until it is released none is opened.
 */
import type { AppId, CampaignId, CampaignRecord } from '@sunpress/core'
import { type AuditMarkTaken, claimAuditMark, endPurging } from '@sunpress/ledger'
import { beginPurge, purgeStanding } from './begin-purge.js'
import { type Purged, type PurgeParts, purgeCampaign } from './purge-campaign.js'
import { type PurgeWatch, watchPurge } from './purge-watch.js'
import { settleOpenings } from './settle-openings.js'
import { wantedCodes } from './wanted-codes.js'

export interface PurgeOrder {
  readonly app: AppId
  readonly campaigns: readonly CampaignRecord[]
  readonly dryRun: boolean
  /** For people: who purges. */
  readonly holder: string
  /** Takes over from a purge or heal that was broken off. */
  readonly force: boolean
  /** Told when it waits for campaigns that are just being opened, and for how many. */
  readonly onWaiting?: (openings: number) => void
  readonly signal: AbortSignal
}

export type PurgedItem = { readonly campaign: CampaignId; readonly name: string } & Purged

export interface PurgedCampaigns {
  readonly kind: 'done'
  readonly items: readonly PurgedItem[]
  /** Left alone: they have not ended, or were opened again. */
  readonly open: readonly CampaignId[]
}

/** More than a purge that was taken over from goes on before it notices: what it had under way is over then. */
const IN_FLIGHT_MS = 3_000

/** `taken`: another purge or heal of the app is at work. Throws when that one takes over meanwhile, and as the store does. */
export async function purgeCampaigns(
  parts: PurgeParts,
  order: PurgeOrder,
): Promise<PurgedCampaigns | AuditMarkTaken> {
  if (order.dryRun) return await purgeMarked(parts, order, watchPurge(null, parts.clock))
  const mark = await claimAuditMark(parts, order.app, { ...order, work: 'purge' })
  if (mark.kind === 'taken') return mark
  const watch = watchPurge(mark, parts.clock)
  const { onWaiting = () => {}, signal } = order
  try {
    if (mark.tookOver) await parts.clock.sleep(IN_FLIGHT_MS, signal)
    await settleOpenings(parts, order.app, { mayGoOn: watch.stepOn, onWaiting, signal })
    return await purgeMarked(parts, order, watch)
  } finally {
    await mark.release()
  }
}

async function purgeMarked(
  parts: PurgeParts,
  { app, campaigns, dryRun, signal }: PurgeOrder,
  { mayGoOn, stepOn, isOurs }: PurgeWatch,
): Promise<PurgedCampaigns> {
  const chosen: CampaignRecord[] = []
  const open: CampaignId[] = []
  const untouched = new Set<CampaignId>()
  try {
    for (const record of campaigns) {
      await stepOn()
      const begun = await (dryRun ? purgeStanding : beginPurge)(parts, record.id)
      if (begun === 'begun') untouched.add(record.id)
      if (begun === 'open') open.push(record.id)
      else if (begun !== 'unknown') chosen.push(record)
    }
    const items: PurgedItem[] = []
    const wanted = await wantedCodes(parts, app, new Set(chosen.map(({ id }) => id)), stepOn)
    for (const { id, name } of chosen) {
      signal.throwIfAborted()
      await mayGoOn()
      untouched.delete(id)
      const purged = await purgeCampaign(parts, id, {
        ...{ dryRun, wanted, signal, mayGoOn, stepOn },
        onWithdrawn: () => {},
      })
      if (purged !== null) items.push({ campaign: id, name, ...purged })
    }
    return { kind: 'done', items, open }
  } finally {
    // Nothing of them has gone: they may be opened again. Whoever has taken over may have come to them.
    for (const id of untouched) if (await isOurs()) await endPurging(parts.records, id)
  }
}
