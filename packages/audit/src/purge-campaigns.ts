/** Purges several campaigns of an app: one purge or heal per app at a time, and what is wanted is asked for under its mark. */
import type { AppId, CampaignId, CampaignRecord } from '@sunpress/core'
import { type AuditMark, type AuditMarkTaken, claimAuditMark, endPurging } from '@sunpress/ledger'
import { beginPurge, purgeStanding } from './begin-purge.js'
import { type Purged, type PurgeParts, purgeCampaign } from './purge-campaign.js'
import { wantedCodes } from './wanted-codes.js'

export interface PurgeOrder {
  readonly app: AppId
  readonly campaigns: readonly CampaignRecord[]
  readonly dryRun: boolean
  /** For people: who purges. */
  readonly holder: string
  /** Takes over from a purge or heal that was broken off. */
  readonly force: boolean
  readonly signal: AbortSignal
}

export type PurgedItem = { readonly campaign: CampaignId; readonly name: string } & Purged

export interface PurgedCampaigns {
  readonly kind: 'done'
  readonly items: readonly PurgedItem[]
  /** Left alone: they have not ended, or were opened again. */
  readonly open: readonly CampaignId[]
}

/** `taken`: another purge or heal of the app is at work. Throws when that one takes over meanwhile, and as the store does. */
export async function purgeCampaigns(
  parts: PurgeParts,
  order: PurgeOrder,
): Promise<PurgedCampaigns | AuditMarkTaken> {
  if (order.dryRun) return await purgeMarked(parts, order, null)
  const mark = await claimAuditMark(parts, order.app, order)
  if (mark.kind === 'taken') return mark
  try {
    return await purgeMarked(parts, order, mark)
  } finally {
    await mark.release()
  }
}

async function purgeMarked(
  parts: PurgeParts,
  { app, campaigns, dryRun, signal }: PurgeOrder,
  mark: AuditMark | null,
): Promise<PurgedCampaigns> {
  const mayGoOn = async (): Promise<void> => {
    if (mark !== null && !(await mark.renew())) throw new Error('another purge or heal has taken over')
  }
  const chosen: CampaignRecord[] = []
  const open: CampaignId[] = []
  const untouched = new Set<CampaignId>()
  try {
    for (const record of campaigns) {
      const begun = await (dryRun ? purgeStanding : beginPurge)(parts, record.id)
      if (begun === 'begun') untouched.add(record.id)
      if (begun === 'open') open.push(record.id)
      else if (begun !== 'unknown') chosen.push(record)
    }
    const items: PurgedItem[] = []
    const wanted = await wantedCodes(parts, app, new Set(chosen.map(({ id }) => id)))
    for (const { id, name } of chosen) {
      signal.throwIfAborted()
      await mayGoOn()
      untouched.delete(id)
      const purged = await purgeCampaign(parts, id, {
        dryRun,
        wanted,
        signal,
        mayGoOn,
        onWithdrawn: () => {},
      })
      if (purged !== null) items.push({ campaign: id, name, ...purged })
    }
    return { kind: 'done', items, open }
  } finally {
    // Nothing of them has gone: they may be opened again.
    for (const id of untouched) await endPurging(parts.records, id)
  }
}
