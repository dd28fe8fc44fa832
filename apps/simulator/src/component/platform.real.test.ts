import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, errcodeOf, type Started, startWithToken } from '../testing/caller.js'

const PLATFORM = {
  appid: 'wxplatform',
  appSecret: 's',
  verifyToken: 'v',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

let started: Started
beforeEach(async () => {
  started = await startWithToken()
  await started.admin('POST', '/component', PLATFORM)
})
afterEach(() => started.close())

const read = ({ body }: { body: Buffer }) => JSON.parse(body.toString('utf8'))
const component = (name: string, body: object, query = '') =>
  call(`${started.simulator.url}/cgi-bin/component/${name}${query}`, {
    body: { component_appid: 'wxplatform', ...body },
  })
const post = async (action: string, body: object = {}) =>
  (await started.admin('POST', `/component/${action}`, { appid: 'wxplatform', ...body })).json

/** As a platform does: ticket, component token, code, the merchant's tokens. */
async function enter() {
  const { ticket } = await post('ticket')
  const taken = await component('api_component_token', {
    component_appsecret: 's',
    component_verify_ticket: ticket,
  })
  const query = `?component_access_token=${read(taken).component_access_token}`
  const { code } = await post('authorise', { authorizer: 'wx1' })
  const { authorization_info: info } = read(
    await component('api_query_auth', { authorization_code: code }, query),
  )
  return { query, token: info.authorizer_access_token, refreshToken: info.authorizer_refresh_token }
}
const print = (token: string, path = '/wxa/getwxacodeunlimit') =>
  call(`${started.simulator.url}${path}?access_token=${token}`, { body: { scene: 's', path: 'p' } })

test('a merchant’s token prints on all three endpoints, counted as the merchant’s', async () => {
  const { token } = await enter()
  for (const path of ['/wxa/getwxacodeunlimit', '/wxa/getwxacode', '/cgi-bin/wxaapp/createwxaqrcode']) {
    expect((await print(token, path)).headers['content-type']).toBe('image/jpeg')
  }
  const { used } = (await started.admin('GET', '/limits?appid=wx1')).json
  expect(used).toMatchObject({ unlimitedToday: 1, limitedToday: 2 })
  expect((await started.admin('GET', '/counters')).json.apps.wx1.calls).toBe(3)
})

test('a refresh over HTTP, the old refresh token after five minutes, and the way back', async () => {
  const { query, refreshToken } = await enter()
  const refresh = (sent: string) =>
    component(
      'api_authorizer_token',
      { authorizer_appid: 'wx1', authorizer_refresh_token: sent },
      query.replace('component_access_token', 'access_token'),
    )
  const refreshed = read(await refresh(refreshToken))
  expect((await print(refreshed.authorizer_access_token)).headers['content-type']).toBe('image/jpeg')
  await started.admin('PUT', '/clock', { advanceMs: 300_000 })
  expect(errcodeOf(await refresh(refreshToken))).toBe(61023)
  const listed = read(await component('api_get_authorizer_list', { offset: 0, count: 500 }, query))
  expect(read(await refresh(listed.list[0].refresh_token))).toHaveProperty('authorizer_access_token')
})

test('a merchant’s tokens can be revoked, by the admin or by a fault', async () => {
  const { token } = await enter()
  const body = { appid: 'wx1', line: 'authorizer' }
  expect((await started.admin('POST', '/tokens/revoke', body)).json).toEqual({ revoked: 1 })
  expect(errcodeOf(await print(token))).toBe(40001)
  expect((await started.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  const second = await enter()
  await started.admin('PUT', '/faults', [{ kind: 'token_revoked', count: 1 }])
  expect([errcodeOf(await print(second.token)), errcodeOf(await print(second.token))]).toEqual([40001, 40001])
})

test('any errcode can be ordered on a component route', async () => {
  await started.admin('PUT', '/faults', [
    { kind: 61005, match: { path: '/cgi-bin/component/api_component_token' }, count: 1 },
  ])
  const answer = read(await component('api_component_token', {}))
  expect(answer).toEqual({
    errcode: 61005,
    errmsg: expect.stringMatching(/ticket.* rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/),
  })
})
