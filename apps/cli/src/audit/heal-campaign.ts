/**
 * Heals what a verification found: the defective pictures go to quarantine, a campaign of its own prints them again, and whoever has
 * copies is told which URLs to purge. Safe to repeat: what is in quarantine is found missing, and printed.
 */
import { type Finding, isHealable, quarantine } from '@sunpress/audit'
import type { Campaign, Client } from '@sunpress/client'
import type { CampaignId, CampaignRecord, Look } from '@sunpress/core'
import type { Audit } from './open-audit.js'

export interface Healed {
  /** The campaign that prints again. */
  readonly campaign: Campaign
  readonly quarantined: number
}

/** Scenes of one campaign: as JSON they stay below what the producer takes. */
export const MOST_HEALED = 20_000

/** null when there is nothing to heal. */
export async function healCampaign(
  audit: Audit,
  client: Pick<Client, 'createCampaign'>,
  id: CampaignId,
  findings: readonly Finding[],
): Promise<Healed | null> {
  const record = await audit.campaigns.readCampaign(id)
  const bad = findings.filter(isHealable).slice(0, MOST_HEALED)
  if (record === null || bad.length === 0) return null
  let quarantined = 0
  for (const finding of bad) if ((await quarantine(audit, id, finding)) !== null) quarantined++
  const { app, name } = record
  const campaign = await client.createCampaign({
    ...{ app, name: `heal ${name}`.slice(0, MOST_NAME), heals: id, lifetimeGuard: false },
    look: requestedLook(record),
    scenes: bad.map(({ row }) => row),
  })
  return { campaign, quarantined }
}

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
