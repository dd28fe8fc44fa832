import { createHash } from 'node:crypto'
import {
  type AppId,
  type Component,
  type ComponentId,
  DEFAULT_QUOTAS,
  Secret,
  WaitFault,
} from '@sunpress/core'
import { encryptPush, type SignedPush, signPush, type ThirdPartyPlatform } from '@sunpress/wechat'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKeys } from '../security/api-keys.js'
import { createTestApi } from '../testing/test-api.js'
import type { PushParts } from './take-push.js'

const component: Component = {
  appid: 'wxfedcba9876543210' as ComponentId,
  name: 'Platform',
  appSecret: new Secret('0123456789abcdef0123456789abcdef'),
  verifyToken: new Secret('verify'),
  encodingAesKey: new Secret('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'),
  merchants: 'all',
  quotas: DEFAULT_QUOTAS,
}
const MERCHANT = 'wx0123456789abcdef' as AppId
const PATH = `/v1/platforms/${component.appid}/events`

/** What the platform and the gate were told, in order. */
let log: string[]
let admission: 'yours' | 'stale' | 'repeated'
let fault: Error | null
beforeEach(() => {
  log = []
  admission = 'yours'
  fault = null
})

const deed = async (text: string): Promise<void> => {
  log.push(text)
  if (fault !== null) throw fault
}
const platform = {
  component,
  takeTicket: (ticket, atMs) => deed(`ticket ${ticket.reveal()} ${atMs}`),
  async authorise({ code, merchant, atMs }) {
    await deed(`authorise ${code.reveal()} ${merchant} ${atMs}`)
    return MERCHANT
  },
  withdraw: (appid, atMs) => deed(`withdraw ${appid} ${atMs}`),
} as Partial<ThirdPartyPlatform> as ThirdPartyPlatform

const pushes: PushParts = {
  platforms: { find: (id) => (id === component.appid ? platform : undefined) },
  gate: {
    async admit() {
      return admission === 'yours'
        ? { kind: admission, ended: async (ok) => void log.push(`ended ${ok}`) }
        : admission
    },
  },
  observer: {
    pushed: (_, kind, merchant) => log.push(`pushed ${kind} ${merchant}`),
    refused: (_, why) => log.push(`refused ${why}`),
  },
  authorised: async (merchant) => void log.push(`lift ${merchant}`),
}

const message = (fields: Record<string, string>, appid: string = component.appid) =>
  `<xml>${Object.entries({ AppId: appid, CreateTime: '1413192605', ...fields })
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`
const TICKET = message({ InfoType: 'component_verify_ticket', ComponentVerifyTicket: 'ticket@@@1' })

interface Change {
  readonly headers?: Record<string, string>
  readonly query?: Record<string, string>
  readonly path?: string
  readonly body?: string
  readonly keys?: Component
}

async function send(text: string, { keys = component, ...change }: Change = {}, apiKeys = false) {
  const encrypted = encryptPush(keys, text, Buffer.alloc(16, 7))
  const push: Omit<SignedPush, 'signature'> = { timestamp: '1413192605', nonce: '1320562132', encrypted }
  const query = {
    signature: 'of no use',
    timestamp: push.timestamp,
    nonce: push.nonce,
    encrypt_type: 'aes',
    msg_signature: signPush(keys, push),
    ...change.query,
  }
  const sha256 = createHash('sha256').update('key').digest('hex')
  const { app } = await createTestApi(() => ({
    pushes,
    ...(apiKeys ? { keys: createApiKeys([{ id: 'one', sha256, scopes: ['read', 'write'] }]) } : {}),
  }))
  const answer = await app.inject({
    method: 'POST',
    url: change.path ?? PATH,
    query,
    headers: { 'content-type': 'text/xml', ...change.headers },
    payload:
      change.body ??
      `<xml><AppId><![CDATA[${keys.appid}]]></AppId><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
  })
  await app.close()
  return answer
}
const codeOf = (answer: { json(): { code: string } }) => answer.json().code

describe('POST /v1/platforms/{appid}/events', () => {
  it('takes a ticket, and answers when it is kept', async () => {
    const answer = await send(TICKET)
    expect([answer.statusCode, answer.body]).toEqual([200, 'success'])
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(log).toEqual(['ticket ticket@@@1 1413192605000', 'ended true', 'pushed ticket null'])
  })

  it('takes an authorisation, a change of it, and its end', async () => {
    const grant = { AuthorizerAppid: MERCHANT, AuthorizationCode: 'queryauthcode@@@1' }
    await send(message({ InfoType: 'authorized', ...grant }))
    await send(message({ InfoType: 'updateauthorized', ...grant }))
    await send(message({ InfoType: 'unauthorized', AuthorizerAppid: MERCHANT }))
    const authorised = [
      `authorise queryauthcode@@@1 ${MERCHANT} 1413192605000`,
      'ended true',
      `pushed authorised ${MERCHANT}`,
      `lift ${MERCHANT}`,
    ]
    const withdrawn = [`withdraw ${MERCHANT} 1413192605000`, 'ended true', `pushed withdrawn ${MERCHANT}`]
    expect(log).toEqual([...authorised, ...authorised, ...withdrawn])
  })

  it('answers what it has no use for as well, so that WeChat sends it no more', async () => {
    const answer = await send(message({ InfoType: 'notify_third_fasteregister' }))
    expect(answer.body).toBe('success')
    expect(log).toEqual(['ended true', 'pushed notify_third_fasteregister null'])
  })

  it('wants no API key, and minds neither proxy nor host', async () => {
    const headers = { host: 'platform.example.com', 'x-forwarded-for': '101.226.103.0' }
    expect((await send(TICKET, { headers }, true)).body).toBe('success')
    expect((await send(TICKET, { headers })).body).toBe('success')
  })

  it.each<[string, Change]>([
    ['another signature', { query: { msg_signature: '0'.repeat(40) } }],
    ['another timestamp', { query: { timestamp: '1413192606' } }],
    ['another nonce', { query: { nonce: '2' } }],
    ['another token', { keys: { ...component, verifyToken: new Secret('another') } }],
    ['another AES key', { keys: { ...component, encodingAesKey: new Secret('B'.repeat(43)) } }],
    ['another platform inside', { keys: { ...component, appid: 'wxaaaaaaaaaaaaaaaa' as ComponentId } }],
    ['a body that says nothing', { body: '<xml></xml>' }],
    [
      'a DTD',
      { body: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>' },
    ],
    ['no XML', { body: '{}' }],
    ['nothing', { body: '' }],
  ])('refuses %s, in the same words', async (_, change) => {
    const answer = await send(TICKET, change)
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, 'push_signature'])
    expect(answer.json()).toMatchObject({ detail: 'This push is not signed for this platform.' })
    expect(log).toEqual(['refused signature'])
  })

  it.each(['stale', 'repeated'] as const)('refuses what is %s', async (why) => {
    admission = why
    const answer = await send(TICKET)
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, `push_${why}`])
    expect(log).toEqual([`refused ${why}`])
  })

  it.each<[string, Change, number]>([
    ['a platform that is not configured', { path: '/v1/platforms/wxaaaaaaaaaaaaaaaa/events' }, 404],
    ['an id that is none', { path: '/v1/platforms/..%2F..%2Fetc/events' }, 404],
    ['a push in plain mode', { query: { msg_signature: '' } }, 400],
    ['a timestamp that is none', { query: { timestamp: '1e3' } }, 400],
    ['a body of more than 64 kB', { body: `<xml>${'x'.repeat(65_536)}</xml>` }, 413],
  ])('refuses %s', async (_, change, status) => {
    expect((await send(TICKET, change)).statusCode).toBe(status)
    expect(log).toEqual([])
  })

  it('says of a body that is too long how long it may be', async () => {
    const answer = await send(TICKET, { body: `<xml>${'x'.repeat(65_536)}</xml>` })
    expect(answer.json()).toMatchObject({ code: 'too_large', detail: 'A push may have 64 kB.' })
  })

  it('takes what is signed and cannot be read for nothing, nor what comes from the future', async () => {
    const later = { InfoType: 'unauthorized', AuthorizerAppid: MERCHANT, CreateTime: '99999999999' }
    expect((await send(message(later))).body).toBe('success')
    expect((await send(message({ InfoType: 'component_verify_ticket' }))).body).toBe('success')
    expect(log).toEqual(['ended true', 'pushed unreadable null', 'ended true', 'pushed unreadable null'])
  })

  it('lets a push come again that failed', async () => {
    fault = new WaitFault('redis_unavailable', 'away', 1_000)
    const answer = await send(TICKET)
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'unavailable'])
    expect(log).toEqual(['ticket ticket@@@1 1413192605000', 'ended false'])
  })

  it('is not there without platforms', async () => {
    const { app } = await createTestApi()
    const answer = await app.inject({ method: 'POST', url: PATH, payload: '<xml></xml>' })
    expect(answer.statusCode).toBe(404)
    await app.close()
  })
})
