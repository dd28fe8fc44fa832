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
  /** Of a kind that we have no use for, or one that can't be read. */
  | { readonly kind: 'other'; readonly infoType: string }

/** The encrypted part of a push's body; null when there is none. */
export const encryptedIn = (body: string): string | null => parseFlatXml(body)?.get('Encrypt') ?? null

export function parsePushEvent(message: string, component: ComponentId): PushEvent {
  const fields = parseFlatXml(message)
  const infoType = fields?.get('InfoType') ?? 'unreadable'
  const event = fields?.get('AppId') === component ? eventIn(infoType, fields) : null
  return event ?? { kind: 'other', infoType: /^[a-z_]{1,64}$/.test(infoType) ? infoType : 'unreadable' }
}

function eventIn(infoType: string, fields: ReadonlyMap<string, string>): PushEvent | null {
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
