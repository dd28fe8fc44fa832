import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Started, startWithToken } from '../testing/caller.js'
import { fieldOf, openPush, startReceiver } from '../testing/push-receiver.js'

const KEY = {
  appid: 'wxplatform',
  verifyToken: 'verify',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

let started: Started
let receiver: Awaited<ReturnType<typeof startReceiver>>

beforeEach(async () => {
  started = await startWithToken()
  receiver = await startReceiver()
})
afterEach(async () => {
  await started.close()
  await receiver.close()
})

const register = (more: object = {}) =>
  started.admin('POST', '/component', { ...KEY, appSecret: 's', pushUrl: receiver.url, ...more })
const post = async (action: string, body: object = {}) =>
  (await started.admin('POST', `/component/${action}`, { appid: 'wxplatform', ...body })).json
const opened = (index: number) => {
  const push = receiver.pushed[index]
  return push && openPush(push, KEY)
}

test('a platform that registers is pushed its ticket at once, sealed, and its answer is told', async () => {
  const begunMs = Date.now()
  const { status, json } = await register()
  expect(status).toBe(200)
  const xml = opened(0)
  expect(fieldOf(xml, 'ComponentVerifyTicket')).toBe(json.ticket)
  expect(fieldOf(xml, 'AppId')).toBe('wxplatform')
  expect(fieldOf(xml, 'InfoType')).toBe('component_verify_ticket')
  expect(Number(fieldOf(xml, 'CreateTime')) * 1000).toBeGreaterThan(begunMs - 10_000)
  expect(json.push).toMatchObject({ accepted: true, status: 200, answer: 'success' })
  expect([...(receiver.pushed[0]?.query.keys() ?? [])]).toEqual([
    'signature',
    'timestamp',
    'nonce',
    'encrypt_type',
    'msg_signature',
  ])
  expect((await started.admin('GET', '/component/pushes')).json).toEqual([json.push])
})

test('tickets come again and again, each another', async () => {
  await register({ ticketEveryMs: 10 })
  await receiver.came(3)
  const tickets = [0, 1, 2].map((index) => fieldOf(opened(index), 'ComponentVerifyTicket'))
  expect(new Set(tickets).size).toBe(3)
})

test('merchants’ comings and goings are pushed, with a code that can be redeemed', async () => {
  await register()
  const come = await post('authorise', { authorizer: 'wx1' })
  expect(come.push.accepted).toBe(true)
  expect(fieldOf(opened(1), 'InfoType')).toBe('authorized')
  expect(fieldOf(opened(1), 'AuthorizerAppid')).toBe('wx1')
  expect(fieldOf(opened(1), 'AuthorizationCode')).toBe(come.code)
  expect(fieldOf(opened(1), 'AuthorizationCodeExpiredTime')).toBe(String(Math.floor(come.expiresAt / 1000)))
  expect(fieldOf(opened(1), 'PreAuthCode')).toMatch(/^preauthcode@@@/)
  await post('update', { authorizer: 'wx1', funcs: [18] })
  expect(fieldOf(opened(2), 'InfoType')).toBe('updateauthorized')
  expect(await post('withdraw', { authorizer: 'wx1' })).toMatchObject({ withdrawn: true })
  expect(fieldOf(opened(3), 'InfoType')).toBe('unauthorized')
  expect(fieldOf(opened(3), 'AuthorizerAppid')).toBe('wx1')
  expect(await post('withdraw', { authorizer: 'wx1', push: false })).toEqual({ withdrawn: false, push: null })
  expect(receiver.pushed).toHaveLength(4)
})

test('the last push can be repeated to the byte, or spoilt', async () => {
  await register()
  const again = await post('replay')
  expect(again.push).toMatchObject({ infoType: 'component_verify_ticket', replayOf: 1 })
  expect(receiver.pushed[1]).toEqual(receiver.pushed[0])
  await post('replay', { tamper: 'body' })
  expect(receiver.pushed[2]?.url).toBe(receiver.pushed[0]?.url)
  expect(receiver.pushed[2]?.body).not.toBe(receiver.pushed[0]?.body)
  expect(opened(2)).toBeUndefined()
  await post('replay', { tamper: 'signature', id: 1 })
  expect(opened(3)).toBeUndefined()
})

test('a new ticket can be pushed now or kept back', async () => {
  await register()
  const pushed = await post('ticket')
  expect(fieldOf(opened(1), 'ComponentVerifyTicket')).toBe(pushed.ticket)
  expect((await post('ticket', { push: false })).push).toBeNull()
  expect(receiver.pushed).toHaveLength(2)
})

test('an answer other than success, an error and a broken connection are told', async () => {
  await register()
  receiver.answerWith({ status: 200, text: 'fail' })
  expect((await post('ticket')).push).toMatchObject({ accepted: false, status: 200, answer: 'fail' })
  receiver.answerWith({ status: 500, text: 'success' })
  expect((await post('ticket')).push).toMatchObject({ accepted: false, status: 500 })
  receiver.answerWith('reset')
  expect((await post('ticket')).push).toMatchObject({
    accepted: false,
    status: 0,
    answer: expect.any(String),
  })
})

test('what is registered again changes, and keeps who has authorised', async () => {
  await register()
  await post('authorise', { authorizer: 'wx1' })
  await started.admin('POST', '/component', { appid: 'wxplatform', refreshRotation: 'never' })
  const [told] = (await started.admin('GET', '/component?appid=wxplatform')).json
  expect(told).toMatchObject({
    refreshRotation: 'never',
    appSecret: 's',
    authorizers: [{ appid: 'wx1', withdrawn: false, refreshToken: expect.any(String) }],
    counts: { componentTokens: 0, queryAuths: 0, refreshes: 0, lists: 0 },
  })
})

test('a platform can be removed, and a reset removes those that came after the start', async () => {
  await register()
  expect((await started.admin('DELETE', '/component?appid=wxplatform')).json).toEqual({
    removed: ['wxplatform'],
  })
  await register()
  await started.admin('POST', '/reset')
  expect((await started.admin('GET', '/component')).json).toEqual([])
})

test('a platform of the start is pushed its first ticket then, and has its merchants', async () => {
  const own = await startWithToken({
    platforms: [{ ...KEY, appSecret: 's', pushUrl: receiver.url, authorised: ['wx1', 'wx2'] }],
  })
  await receiver.came(1)
  const [told] = (await own.admin('GET', '/component')).json
  expect(told.ticket).toBe(fieldOf(opened(0), 'ComponentVerifyTicket'))
  expect(told.authorizers.map(({ appid }: { appid: string }) => appid)).toEqual(['wx1', 'wx2'])
  await own.close()
})

test.each<[string, object, string]>([
  ['', { appid: 'wxnew' }, 'body.appSecret'],
  ['', { ...KEY, appSecret: 's', encodingAesKey: 'short' }, 'body.encodingAesKey'],
  ['', { ...KEY, appSecret: 's', pushUrl: 'ftp://x' }, 'body.pushUrl'],
  ['', { ...KEY, appSecret: 's', refreshRotation: 'every:0' }, 'body.refreshRotation'],
  ['/authorise', { appid: 'wxnone', authorizer: 'wx1' }, 'body.appid'],
  ['/replay', { appid: 'wxnone', tamper: 'all' }, 'body.tamper'],
])('POST /component%s with %j is 400 and names the field', async (path, body, field) => {
  const { status, json } = await started.admin('POST', `/component${path}`, body)
  expect(status).toBe(400)
  expect(json.field).toBe(field)
})

test('a scenario moves platforms too, and tells of the step that could not be done', async () => {
  const steps = [
    { at: 0, do: 'component', with: { ...KEY, appSecret: 's', pushUrl: receiver.url } },
    { at: 0, do: 'authorise', with: { appid: 'wxplatform', authorizer: 'wx1' } },
    { at: 0, do: 'withdraw', with: { appid: 'wxnone', authorizer: 'wx1' } },
  ]
  await started.admin('PUT', '/scenario', { steps })
  await receiver.came(2)
  const told = (await started.admin('GET', '/scenario')).json.steps
  expect(told.map(({ failed }: { failed?: string }) => failed)).toEqual([
    undefined,
    undefined,
    'steps[2].with.appid: expected a platform that is registered, got "wxnone"',
  ])
})
