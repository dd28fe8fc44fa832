/** The texts that WeChat pushes to a platform's authorisation-event URL, before they are sealed. */
export const INFO_TYPES = [
  'component_verify_ticket',
  'authorized',
  'updateauthorized',
  'unauthorized',
] as const
export type InfoType = (typeof INFO_TYPES)[number]

/** The fields below the common ones, in order; numbers go without CDATA. */
export type Notice = {
  readonly infoType: InfoType
  readonly fields: Readonly<Record<string, string | number>>
}

export function ticketNotice(ticket: string): Notice {
  return { infoType: 'component_verify_ticket', fields: { ComponentVerifyTicket: ticket } }
}

/** @param expiresAt of the code, ms */
export function authorisedNotice(
  infoType: 'authorized' | 'updateauthorized',
  grant: { appid: string; code: string; expiresAt: number; preAuthCode: string },
): Notice {
  return {
    infoType,
    fields: {
      AuthorizerAppid: grant.appid,
      AuthorizationCode: grant.code,
      AuthorizationCodeExpiredTime: Math.floor(grant.expiresAt / 1000),
      PreAuthCode: grant.preAuthCode,
    },
  }
}

export function withdrawnNotice(appid: string): Notice {
  return { infoType: 'unauthorized', fields: { AuthorizerAppid: appid } }
}

/** @param now ms, told in seconds */
export function writeXml({ infoType, fields }: Notice, componentAppid: string, now: number): string {
  const all = { AppId: componentAppid, CreateTime: Math.floor(now / 1000), InfoType: infoType, ...fields }
  const lines = Object.entries(all).map(([name, value]) => {
    return `<${name}>${typeof value === 'number' ? value : `<![CDATA[${value}]]>`}</${name}>\n`
  })
  return `<xml>\n${lines.join('')}</xml>`
}
