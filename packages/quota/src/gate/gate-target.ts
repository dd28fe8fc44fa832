/** What a held page or campaign is called: in Redis, and as `<name>.json` in the ledger. Pure. */
import { createHash } from 'node:crypto'
import type { AppId, HoldReason, PageRef } from '@sunpress/core'
import type { GateTarget } from '../call-gate.js'

export const pageHash = ({ page, envVersion }: PageRef): string => shortHash(`${envVersion}\n${page}`)

/** 128 bits of SHA-256, in hex. */
export const shortHash = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32)

export const targetName = (target: GateTarget): string =>
  target.scope === 'page' ? pageName(target.page) : campaignName(target.campaign)

export const pageName = (page: PageRef): string => `page-${pageHash(page)}`
export const campaignName = (campaign: string): string => `campaign-${campaign}`

export const holdFolder = (app: AppId): string => `apps/${app}/holds/`
export const holdFile = (app: AppId, name: string): string => `${holdFolder(app)}${name}.json`

const HOLD_FILE = /\/((?:page-[0-9a-f]{32}|campaign-[0-9A-Z]{26}))\.json$/

/** The name in a key of the ledger; null for holds of lanes, which stand in the same folder. */
export const nameInFile = (key: string): string | null => HOLD_FILE.exec(key)?.[1] ?? null

/** A hold as it is kept, without its times. */
export interface KeptHold {
  readonly target: GateTarget
  readonly reason: HoldReason
  readonly message: string | null
}
