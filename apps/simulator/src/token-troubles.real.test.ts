/** What goes wrong with tokens, as a client sees it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, errcodeOf, type Started, startWithToken, takeToken } from './testing/caller.js'

const STABLE = '/cgi-bin/stable_token'

let started: Started
beforeEach(async () => {
  started = await startWithToken()
})
afterEach(() => started.close())

const ask = (force = false) =>
  call(`${started.simulator.url}${STABLE}`, {
    body: { grant_type: 'client_credential', appid: 'wx1', secret: 's', force_refresh: force },
  })
const read = ({ body }: { body: Buffer }) => JSON.parse(body.toString('utf8'))
const order = (fault: object) =>
  started.admin('PUT', '/faults', [{ match: { path: STABLE }, count: 1, ...fault }])

test('a delayed answer brings a token that was forced out meanwhile', async () => {
  await order({ kind: 'slow_headers', delayMs: 100 })
  const late = ask()
  await expect
    .poll(async () => (await started.admin('GET', '/faults')).json[0].fired, { interval: 5 })
    .toBe(1)
  const newer = ask(true)
  // Whichever came first: this machine may be slower than the delay.
  const states = (await Promise.all([newer, late])).map(async (answer) => {
    const url = `${started.simulator.url}/wxa/getwxacodeunlimit?access_token=${read(answer).access_token}`
    const printed = await call(url, { body: { scene: 's' } })
    return printed.headers['content-type'] === 'image/jpeg' ? 'picture' : errcodeOf(printed)
  })
  expect(await Promise.all(states)).toEqual(['picture', 40001])
})

test('calls for tokens are counted by path', async () => {
  await ask()
  await ask(true)
  const { apps } = (await started.admin('GET', '/counters')).json
  expect(apps.wx1.otherPaths).toEqual({ [STABLE]: 3 })
})

test('older_token hands out the token before the current one, to a later request', async () => {
  const newer = await takeToken(started.simulator, 'wx1', true)
  await order({ kind: 'older_token' })
  const { access_token, expires_in } = read(await ask())
  expect(access_token).toBe(started.token)
  expect(expires_in).toBeGreaterThan(7000)
  expect(read(await ask()).access_token).toBe(newer)
})

test('older_token without an older one, and on a path for codes, changes nothing', async () => {
  await order({ kind: 'older_token' })
  expect(read(await ask()).access_token).toBe(started.token)
  await started.admin('PUT', '/faults', [{ kind: 'older_token', match: { path: '/wxa/getwxacodeunlimit' } }])
  expect((await started.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
})

test('the token endpoint can be down, and lose an answer after the refresh was made', async () => {
  await order({ kind: 503 })
  expect((await ask()).status).toBe(503)
  await order({ kind: 'reset' })
  expect((await ask(true)).status).toBe(0)
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(40001)
})

test('a refusal of an address holds for its time, by the virtual clock', async () => {
  await started.admin('PUT', '/clock', { frozen: true })
  await started.admin('PUT', '/faults', [{ kind: 89507, match: { path: STABLE }, forMs: 3_600_000 }])
  const refused = read(await ask())
  expect(refused.errcode).toBe(89507)
  expect(refused.errmsg).toMatch(/1 hour.* rid: /)
  await started.admin('PUT', '/clock', { advanceMs: 3_599_000 })
  expect(read(await ask()).errcode).toBe(89507)
  await started.admin('PUT', '/clock', { advanceMs: 1000 })
  expect(read(await ask()).access_token).toBe(started.token)
})

test('another copy of a platform refreshes a merchant’s tokens, and the old ones end after 300 s', async () => {
  const platform = { appid: 'wxplatform', appSecret: 's', verifyToken: 'v', authorised: ['wx1'] }
  const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
  await started.admin('POST', '/component', { ...platform, encodingAesKey })
  const refreshToken = async () => {
    const [told] = (await started.admin('GET', '/component')).json
    return told.authorizers[0].refreshToken
  }
  const before = await refreshToken()
  await started.admin('PUT', '/intruder', { everyMs: 30_000, line: 'authorizer', appid: 'wx1' })
  await started.admin('PUT', '/clock', { advanceMs: 30_000 })
  await started.code({ scene: 's' })
  expect(await refreshToken()).not.toBe(before)
})

test('a minute’s limit can be lowered silently, and what was used goes on counting', async () => {
  const own = await startWithToken({ perMinute: 4 })
  await own.admin('PUT', '/clock', { advanceMs: 0, frozen: true })
  const outcome = async () => {
    const printed = await own.code({ scene: 's' })
    return printed.headers['content-type'] === 'image/jpeg' ? 'picture' : errcodeOf(printed)
  }
  expect([await outcome(), await outcome()]).toEqual(['picture', 'picture'])
  await own.admin('PUT', '/limits', { perMinute: 3, keepUse: true })
  expect([await outcome(), await outcome()]).toEqual(['picture', 45009])
  expect((await own.admin('GET', '/limits?appid=wx1')).json.used.unlimitedToday).toBe(3)
  await own.admin('PUT', '/limits', { perMinute: 3 })
  expect(await outcome()).toBe('picture')
  await own.admin('PUT', '/limits', { burst: { calls: 1, windowMs: 60_000 }, keepUse: true })
  expect([await outcome(), await outcome()]).toEqual(['picture', 45011])
  expect((await own.admin('PUT', '/limits', { keepUse: 1 })).json.field).toBe('limits.keepUse')
  await own.close()
})

test('the admin tells what another party spends', async () => {
  const { json } = await started.admin('PUT', '/spender', { appid: 'wx1', calls: 5, perMinute: 60 })
  const order = { appid: 'wx1', path: '/wxa/getwxacodeunlimit', calls: 5, perMinute: 60 }
  expect(json).toEqual([{ ...order, spent: 5, refused: 0 }])
  await started.admin('PUT', '/clock', { advanceMs: 60_000 })
  const [told] = (await started.admin('GET', '/spender')).json
  expect(told.spent).toBeGreaterThanOrEqual(65)
  expect((await started.admin('GET', '/counters')).json.apps.wx1?.calls ?? 0).toBe(0)
  expect((await started.admin('DELETE', '/spender')).json).toEqual([])
})
