/**
 * Heals what a verification found: the defective pictures go to quarantine, a campaign of its own prints them again, and whoever has
 * copies is told which URLs to purge. Nothing is moved before the producer has said that it would print them. Safe to repeat: what
 * is in quarantine is found missing, and printed.
 */
import { type Finding, isHealable, quarantine } from '@sunpress/audit'
import type { Campaign, Client } from '@sunpress/client'
import type { CampaignId, CampaignRecord, Look, SceneRow } from '@sunpress/core'
import { claimAuditMark } from '@sunpress/ledger'
import { auditHolder, describeTaken } from './audit-holder.js'
import type { Audit } from './open-audit.js'

export interface Healed {
  /** The campaign that prints again. */
  readonly campaign: Campaign
  readonly quarantined: number
}

export interface HealOptions {
  /** Takes over from a purge or heal that was broken off. */
  readonly force: boolean
}

/** Scenes of one campaign: as JSON they stay below what the producer takes. */
export const MOST_HEALED = 20_000

/** null when there is nothing to heal. Throws when another purge or heal of the app is at work, and what the producer says. */
export async function healCampaign(
  audit: Audit,
  client: Pick<Client, 'createCampaign' | 'planCampaign' | 'getCampaign'>,
  id: CampaignId,
  findings: readonly Finding[],
  { force }: HealOptions,
): Promise<Healed | null> {
  const record = await audit.campaigns.readCampaign(id)
  const bad = findings.filter(isHealable).slice(0, MOST_HEALED)
  if (record === null || bad.length === 0) return null
  await tryOut(client, record, bad)
  const mark = await claimAuditMark(audit, record.app, { work: 'heal', holder: auditHolder('heal'), force })
  if (mark.kind === 'taken') throw new Error(describeTaken(record.app, mark))
  try {
    if (await audit.campaigns.isPurged(id)) throw new Error(`${id} is purged: nothing of it is healed`)
    const { scenes, quarantined } = await moveAway(audit, id, bad)
    if (scenes.length === 0) return null
    return { campaign: await client.createCampaign(healingRequest(record, scenes)), quarantined }
  } finally {
    await mark.release()
  }
}

/** Throws unless this producer knows the campaign and would take the request that heals it. */
async function tryOut(
  client: Pick<Client, 'planCampaign' | 'getCampaign'>,
  record: CampaignRecord,
  bad: readonly Finding[],
): Promise<void> {
  await client.getCampaign(record.id)
  const { invalidRows } = await client.planCampaign(
    healingRequest(
      record,
      bad.map(({ row }) => row),
    ),
  )
  if (invalidRows > 0)
    throw new Error(`${invalidRows} scenes can't be printed again any more: nothing was changed`)
}

/** What somebody else replaced meanwhile is left alone. */
async function moveAway(audit: Audit, id: CampaignId, bad: readonly Finding[]) {
  const scenes: SceneRow[] = []
  let quarantined = 0
  for (const finding of bad) {
    const { kind } = await quarantine(audit, id, finding)
    if (kind === 'moved') quarantined++
    if (kind !== 'other') scenes.push(finding.row)
  }
  return { scenes, quarantined }
}

const healingRequest = (record: CampaignRecord, scenes: readonly SceneRow[]) => ({
  ...{ app: record.app, name: `heal ${record.name}`.slice(0, MOST_NAME), heals: record.id },
  ...{ lifetimeGuard: false, look: requestedLook(record), scenes },
})

const MOST_NAME = 100

/** As a request has it: without what the endpoint doesn't know. Pure. */
export function requestedLook({
  look,
}: Pick<CampaignRecord, 'look'>): Partial<Omit<Look, 'page'>> & { page?: string } {
  const { endpoint, page, checkPath, envVersion, width, autoColor, lineColor, hyaline, epoch, format } = look
  const always = { endpoint, width, epoch, format }
  if (endpoint === 'qrcode') return always
  const drawn = { ...always, envVersion, autoColor, hyaline, ...(autoColor ? {} : { lineColor }) }
  if (endpoint === 'limited') return drawn
  return { ...drawn, checkPath, ...(page === null ? {} : { page }) }
}
