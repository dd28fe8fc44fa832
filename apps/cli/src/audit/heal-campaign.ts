/**
 * Heals what a verification found: the defective pictures go to quarantine, a campaign of its own prints them again, and whoever has
 * copies is told which URLs to purge. Nothing is moved before the producer has said that it would print them. Safe to repeat: what
 * is in quarantine is found missing, and printed.
 */
import { type Finding, isHealable, quarantine } from '@sunpress/audit'
import type { Campaign, CampaignFields, Client, RowStream } from '@sunpress/client'
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

type HealClient = Pick<Client, 'streamCampaign' | 'planStream' | 'getCampaign'>

/** null when there is nothing to heal. Throws when another purge or heal of the app is at work, and what the producer says. */
export async function healCampaign(
  audit: Audit,
  client: HealClient,
  id: CampaignId,
  findings: readonly Finding[],
  { force }: HealOptions,
): Promise<Healed | null> {
  const record = await audit.campaigns.readCampaign(id)
  const bad = findings.filter(isHealable)
  if (record === null || bad.length === 0) return null
  await tryOut(client, record, bad)
  const mark = await claimAuditMark(audit, record.app, { work: 'heal', holder: auditHolder('heal'), force })
  if (mark.kind === 'taken') throw new Error(describeTaken(record.app, mark))
  try {
    if (await audit.campaigns.isPurged(id)) throw new Error(`${id} is purged: nothing of it is healed`)
    const { scenes, quarantined } = await moveAway(audit, id, bad)
    if (scenes.length === 0) return null
    return { campaign: await client.streamCampaign(healingFields(record), rowsOf(scenes)), quarantined }
  } finally {
    await mark.release()
  }
}

/** Throws unless this producer knows the campaign and would take the request that heals it. */
async function tryOut(client: HealClient, record: CampaignRecord, bad: readonly Finding[]): Promise<void> {
  await client.getCampaign(record.id)
  const rows = rowsOf(bad.map(({ row }) => row))
  const { invalidRows } = await client.planStream(healingFields(record), rows)
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

/** As a stream: ten thousand rows with long captions are more than a JSON request may have. */
const rowsOf = (scenes: readonly SceneRow[]): RowStream => ({
  type: 'application/x-ndjson',
  body: linesOf(scenes),
})

async function* linesOf(scenes: readonly SceneRow[]): AsyncGenerator<string> {
  for (const scene of scenes) yield `${JSON.stringify(scene)}\n`
}

const healingFields = (record: CampaignRecord): CampaignFields => ({
  ...{ app: record.app, name: healingName(record.name), heals: record.id },
  ...{ lifetimeGuard: false, look: requestedLook(record) },
})

const MOST_NAME = 100

/** By characters as the producer counts them: half of one would be refused. Pure. */
export const healingName = (name: string): string => [...`heal ${name}`].slice(0, MOST_NAME).join('')

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
