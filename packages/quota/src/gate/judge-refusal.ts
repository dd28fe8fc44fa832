/** When a refusal is not the scene's fault: what the gate makes of WeChat's words. Pure. */
import { type AnyFault, actionFor, HoldFault, rowFor, type UpstreamWords, WaitFault } from '@sunpress/core'
import { LONGEST_HOLD_MS } from '../permit-scripts.js'
import type { KeptHold } from './gate-target.js'

export const LIFETIME_FULL = 45029

export interface HoldNumbers {
  /** How long a page is held that WeChat doesn't know; then it is probed again. */
  readonly pageHeldMs: number
  /** So many different scenes of a good page, refused in a row, hold the page. */
  readonly pageRefusals: number
  /** So many different scenes of a campaign refused in a row with one errcode hold the campaign. */
  readonly campaignRefusals: number
}

/** What a refusal may be about besides its scene, as the table of errcodes has it; null: nothing else. */
export function sharedCause(fault: AnyFault, checkedPage: boolean): 'page' | 'campaign' | null {
  if (fault.kind !== 'refuse' || fault.words === null) return null
  const action = actionFor(fault.words.errcode)
  const cause = action.act === 'refuse' ? (action.whenMany ?? null) : null
  return cause === 'page' && !checkedPage ? null : cause
}

/** WeChat doesn't know the page: no fault of its scenes. */
export function pageHeld(
  page: string,
  envVersion: string,
  words: UpstreamWords,
  numbers: HoldNumbers,
): HoldFault {
  const message =
    `page ${page} (${envVersion}): WeChat says ${quote(words)}. Release a version of the Mini Program that has this page, ` +
    'or make the campaign with look.checkPath false'
  return new HoldFault('page_held', message, {
    scope: 'page',
    reason: 'page_held',
    forMs: numbers.pageHeldMs,
    words,
  })
}

/** Until somebody has looked. */
export function campaignHeld(words: UpstreamWords, refusals: number): HoldFault {
  const message =
    `${refusals} different scenes in a row were refused: WeChat says ${quote(words)}: ${rowFor(words.errcode).advice}. ` +
    "Look at the campaign's look and scenes; then resume the campaign or cancel it"
  return new HoldFault('campaign_held', message, {
    scope: 'campaign',
    reason: 'campaign_held',
    forMs: LONGEST_HOLD_MS,
    words,
  })
}

/** The job goes away and is sent again by upkeep: those of a held page must not fill the lane. */
export function heldFault({ target, reason, message }: KeptHold, leftMs: number): WaitFault {
  const said = message === null ? '' : `: ${message}`
  return new WaitFault(`held_${reason}`, `the ${target.scope} is held${said}`, leftMs, { dropsJob: true })
}

const quote = ({ errcode, errmsg, rid }: UpstreamWords): string =>
  `${errcode} "${errmsg}"${rid === null || errmsg.includes(rid) ? '' : ` (rid ${rid})`}`
