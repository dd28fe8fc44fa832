/** Calls that come with another token than an app's, or with none. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, errcodeOf, type Received, type Started, startWithToken, takeToken } from './testing/caller.js'

const PLATFORM = {
  appid: 'wxplatform',
  appSecret: 's',
  verifyToken: 'v',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  authorised: ['wx1'],
}
const CODE = '/wxa/getwxacodeunlimit'

let started: Started
beforeEach(async () => {
  started = await startWithToken()
})
afterEach(() => started.close())

const print = (query: string, path = CODE) =>
  call(`${started.simulator.url}${path}${query}`, { body: { scene: 's' } })
const outcome = (received: Received) =>
  received.headers['content-type'] === 'image/jpeg' ? 'picture' : errcodeOf(received)
const issue = async (body: object) => (await started.admin('POST', '/cloudbase', body)).json.token as string

test('a cloudbase token works under its own name and under no other, and an app’s token not under that', async () => {
  const token = await issue({ appid: 'wx2' })
  expect(outcome(await print(`?cloudbase_access_token=${token}`))).toBe('picture')
  expect((await started.admin('GET', '/counters')).json.apps.wx2.pictures).toBe(1)
  expect(outcome(await print(`?access_token=${token}`))).toBe(40001)
  expect(outcome(await print(`?cloudbase_access_token=${started.token}`))).toBe(40001)
})

test('a new cloudbase token ends the one before, or lets it live until it expires', async () => {
  const first = await issue({ appid: 'wx1', seconds: 60 })
  const second = await issue({ appid: 'wx1', keepOld: true })
  expect(outcome(await print(`?cloudbase_access_token=${first}`))).toBe('picture')
  await started.admin('PUT', '/clock', { advanceMs: 60_000 })
  expect(outcome(await print(`?cloudbase_access_token=${first}`))).toBe(42001)
  await issue({ appid: 'wx1' })
  expect(outcome(await print(`?cloudbase_access_token=${second}`))).toBe(40001)
})

test('a platform’s cloudbase token acts for the merchant behind the @', async () => {
  await started.admin('POST', '/component', PLATFORM)
  const token = await issue({ appid: 'wxplatform' })
  expect(outcome(await print(`?cloudbase_access_token=${token}@wx1`))).toBe('picture')
  expect((await started.admin('GET', '/counters')).json.apps.wx1.pictures).toBe(1)
  expect(outcome(await print(`?cloudbase_access_token=${token}@wx2`))).toBe(61003)
  await started.admin('POST', '/component/withdraw', { appid: 'wxplatform', authorizer: 'wx1' })
  expect(outcome(await print(`?cloudbase_access_token=${token}@wx1`))).toBe(61003)
})

test('without a token a call is 41001, and in cloud hosting it is the service’s app’s', async () => {
  expect(outcome(await print(''))).toBe(41001)
  const { json } = await started.admin('PUT', '/hosting', { appid: 'wx1', shared: ['wx2'] })
  expect(json).toMatchObject({ appid: 'wx1', shared: ['wx2'], notListed: '502', seqid: true })
  const printed = await print('')
  expect(outcome(printed)).toBe('picture')
  expect(printed.headers['x-openapi-seqid']).toMatch(/^[0-9a-f]{32}$/)
  expect(outcome(await print('?from_appid=wx2'))).toBe('picture')
  expect(outcome(await print('?from_appid=wx3'))).toBe(85105)
  const { apps } = (await started.admin('GET', '/counters')).json
  expect([apps.wx1.pictures, apps.wx2.pictures]).toEqual([1, 1])
  expect((await print(`?access_token=${started.token}`)).headers['x-openapi-seqid']).toBeUndefined()
  await started.admin('DELETE', '/hosting')
  expect(outcome(await print(''))).toBe(41001)
})

test('errors of hosted calls carry the header too, unless it is switched off', async () => {
  await started.admin('PUT', '/hosting', { appid: 'wx1', errcode: 85113 })
  const refused = await print('')
  expect(outcome(refused)).toBe(85113)
  expect(refused.headers['x-openapi-seqid']).toBeDefined()
  await started.admin('PUT', '/hosting', { appid: 'wx1', seqid: false })
  const printed = await print('')
  expect([outcome(printed), printed.headers['x-openapi-seqid']]).toEqual(['picture', undefined])
})

test('a path that isn’t on the whitelist is a 502 of the gateway’s, or 85107', async () => {
  await started.admin('PUT', '/hosting', { appid: 'wx1', paths: [CODE] })
  expect(outcome(await print(''))).toBe('picture')
  for (const path of ['/wxa/getwxacode', '/wxa/none']) {
    const { status, headers, body } = await print('', path)
    expect([status, headers['content-type']]).toEqual([502, 'text/html'])
    expect(body.toString()).toContain('502 Bad Gateway')
    expect(headers['x-openapi-seqid']).toBeUndefined()
  }
  await started.admin('PUT', '/hosting', { appid: 'wx1', paths: [CODE], notListed: 85107 })
  expect(outcome(await print('', '/wxa/getwxacode'))).toBe(85107)
  expect(await takeToken(started.simulator, 'wx1')).toBe(started.token)
})

test('hosting may be there from the start, and a reset brings it back', async () => {
  const own = await startWithToken({ hosting: { appid: 'wx1' } })
  const bare = () => call(`${own.simulator.url}${CODE}`, { body: { scene: 's' } })
  expect(outcome(await bare())).toBe('picture')
  await own.admin('PUT', '/hosting', null)
  expect(outcome(await bare())).toBe(41001)
  await own.admin('POST', '/reset', { only: ['hosting'] })
  expect(outcome(await bare())).toBe('picture')
  await own.close()
})
