import type { ComponentId } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { encryptedIn, parsePushEvent } from './push-event.js'

const component = 'wxfedcba9876543210' as ComponentId
const merchant = 'wx0123456789abcdef'
const message = (fields: Record<string, string>) =>
  `<xml>${Object.entries({ AppId: component, CreateTime: '1413192605', ...fields })
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('\n')}</xml>`
const parse = (fields: Record<string, string>) => parsePushEvent(message(fields), component, 1_413_192_605)

describe('parsePushEvent', () => {
  it('knows a ticket', () => {
    const event = parse({ InfoType: 'component_verify_ticket', ComponentVerifyTicket: 'ticket@@@abc' })
    expect(event).toMatchObject({ kind: 'ticket', atSeconds: 1_413_192_605 })
    expect(event.kind === 'ticket' && event.ticket.reveal()).toBe('ticket@@@abc')
    expect(JSON.stringify(event)).not.toContain('abc')
  })

  it.each(['authorized', 'updateauthorized'])('knows an authorisation: %s', (InfoType) => {
    const event = parse({
      InfoType,
      AuthorizerAppid: merchant,
      AuthorizationCode: 'queryauthcode@@@1',
      AuthorizationCodeExpiredTime: '600',
      PreAuthCode: 'preauthcode@@@2',
    })
    expect(event).toMatchObject({ kind: 'authorised', merchant, atSeconds: 1_413_192_605 })
    expect(event.kind === 'authorised' && event.code.reveal()).toBe('queryauthcode@@@1')
  })

  it('knows a withdrawal', () => {
    expect(parse({ InfoType: 'unauthorized', AuthorizerAppid: merchant })).toEqual({
      kind: 'withdrawn',
      merchant,
      atSeconds: 1_413_192_605,
    })
  })

  it.each([
    [{ InfoType: 'notify_third_fasteregister' }, 'notify_third_fasteregister'],
    [{ InfoType: 'component_verify_ticket' }, 'unreadable'],
    [{ InfoType: 'component_verify_ticket', ComponentVerifyTicket: 't', CreateTime: 'x' }, 'unreadable'],
    // It would keep all that come after it out.
    [{ InfoType: 'unauthorized', AuthorizerAppid: merchant, CreateTime: '1413193206' }, 'unreadable'],
    [{ InfoType: 'unauthorized', AuthorizerAppid: '../../etc' }, 'unreadable'],
    [{ InfoType: 'authorized', AuthorizerAppid: merchant }, 'unreadable'],
    [{ InfoType: 'unauthorized', AuthorizerAppid: merchant, AppId: merchant }, 'unreadable'],
    [{ InfoType: 'A\nlog line' }, 'unreadable'],
    [{}, 'unreadable'],
  ])('has no use for %j', (fields, infoType) => {
    expect(parse(fields as Record<string, string>)).toEqual({ kind: 'other', infoType })
  })

  it('has no use for what nests', () => {
    expect(parsePushEvent('<xml><info><a>1</a></info></xml>', component, 1)).toEqual({
      kind: 'other',
      infoType: 'unreadable',
    })
  })
})

it('lets a clock be ten minutes ahead of the push', () => {
  const event = parse({ InfoType: 'unauthorized', AuthorizerAppid: merchant, CreateTime: '1413193205' })
  expect(event).toMatchObject({ kind: 'withdrawn', atSeconds: 1_413_193_205 })
})

describe('encryptedIn', () => {
  it('gives the encrypted part of a body', () => {
    expect(encryptedIn(`<xml><AppId>${component}</AppId><Encrypt><![CDATA[abc=]]></Encrypt></xml>`)).toBe(
      'abc=',
    )
    expect(encryptedIn('<xml><A>1</A></xml>')).toBeNull()
    expect(encryptedIn('no xml')).toBeNull()
  })
})
