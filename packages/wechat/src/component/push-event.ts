/** What a push says, once it is known to be WeChat's. Pure. */
import { type AppId, type ComponentId, isAppId, Secret } from '@sunpress/core'
import { parseFlatXml } from './flat-xml.js'

/** `atSeconds`: when WeChat made it, by WeChat's clock, in epoch seconds. */
export type PushEvent =
  | { readonly kind: 'ticket'; readonly atSeconds: number; readonly ticket: Secret }
  /** A merchant authorises us, or changes what it allows: the code is good once. */
  | {
      readonly kind: 'authorised'
      readonly atSeconds: number
      readonly merchant: AppId
      readonly code: Secret
    }
  | { readonly kind: 'withdrawn'; readonly atSeconds: number; readonly merchant: AppId }
  /** Of a kind that we have no use for, or `unreadable`: then WeChat has changed something, or a clock is wrong. */
  | { readonly kind: 'other'; readonly infoType: string }

const UNREADABLE: PushEvent = { kind: 'other', infoType: 'unreadable' }

/** The encrypted part of a push's body; null when there is none. */
export const encryptedIn = (body: string): string | null => parseFlatXml(body)?.get('Encrypt') ?? null

/** How far an event may lie after the push that tells of it: one from the future would keep all later ones out. */
const MOST_AHEAD_S = 600
const KNOWN: readonly string[] = ['component_verify_ticket', 'authorized', 'updateauthorized', 'unauthorized']

/** `pushedAtSeconds`: the push's own, signed timestamp. */
export function parsePushEvent(message: string, component: ComponentId, pushedAtSeconds: number): PushEvent {
  const fields = parseFlatXml(message)
  const infoType = fields?.get('InfoType') ?? 'unreadable'
  if (fields?.get('AppId') !== component) return UNREADABLE
  if (!KNOWN.includes(infoType))
    return /^[a-z_]{1,64}$/.test(infoType) ? { kind: 'other', infoType } : UNREADABLE
  const event = eventIn(infoType, fields)
  const isAhead = event !== null && event.atSeconds > pushedAtSeconds + MOST_AHEAD_S
  return event === null || isAhead ? UNREADABLE : event
}

type KnownEvent = Exclude<PushEvent, { kind: 'other' }>

function eventIn(infoType: string, fields: ReadonlyMap<string, string>): KnownEvent | null {
  const time = fields.get('CreateTime') ?? ''
  const merchant = fields.get('AuthorizerAppid')
  const [ticket, code] = [fields.get('ComponentVerifyTicket'), fields.get('AuthorizationCode')]
  if (!/^\d{1,12}$/.test(time)) return null
  const atSeconds = Number(time)
  if (infoType === 'component_verify_ticket') {
    return ticket ? { kind: 'ticket', atSeconds, ticket: new Secret(ticket) } : null
  }
  if (!isAppId(merchant)) return null
  if (infoType === 'authorized' || infoType === 'updateauthorized') {
    return code ? { kind: 'authorised', atSeconds, merchant, code: new Secret(code) } : null
  }
  return infoType === 'unauthorized' ? { kind: 'withdrawn', atSeconds, merchant } : null
}
