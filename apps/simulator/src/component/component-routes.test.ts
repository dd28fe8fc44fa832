import { beforeEach, expect, test } from 'vitest'
import type { Call, World } from '../call.js'
import { createTestWorld, outcomeOf, send } from '../testing/world.js'
import type { Platform } from './platform.js'
import type { PlatformConfig } from './platform-config.js'

const HOUR_MS = 3_600_000
const PLATFORM = {
  appid: 'wxplatform',
  appSecret: 's',
  verifyToken: 'v',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

let world: World
let platform: Platform

const register = (more: Partial<PlatformConfig> = {}) => {
  platform = world.platforms.register({ ...PLATFORM, ...more }, 'body', 0)
}
beforeEach(() => {
  world = createTestWorld()
  register()
})

const ask = (name: string, fields: object, over: Partial<Call> = {}) =>
  outcomeOf(send(world, `/cgi-bin/component/${name}`, fields, over))
const takeToken = (now = 0, more: object = {}) => {
  const ticket = platform.tickets.latest() ?? platform.tickets.issue(now)
  const fields = {
    component_appid: 'wxplatform',
    component_appsecret: 's',
    component_verify_ticket: ticket,
    ...more,
  }
  return ask('api_component_token', fields, { now })
}
const tokenOf = (outcome: unknown) => (outcome as { component_access_token: string }).component_access_token
const withToken = (token: string, now = 0, name = 'component_access_token') => ({
  now,
  query: new URLSearchParams({ [name]: token }),
})
const authorised = (appid = 'wx1', now = 0) => {
  const { code } = platform.authorise(appid, undefined, now)
  const granted = platform.redeem(code, now)
  if ('errcode' in granted) throw new Error(`${granted.errcode}`)
  return granted
}
const refresh = (token: string, refreshToken: string, now = 0) =>
  ask(
    'api_authorizer_token',
    { component_appid: 'wxplatform', authorizer_appid: 'wx1', authorizer_refresh_token: refreshToken },
    withToken(token, now),
  )
/** A code for wx1 with a token that a platform holds. */
const print = (token: string, now = 0) => {
  const held = world.platforms.lookAuthorizer(token, now)
  const bearer = { appid: held.appid, state: held.state, platform }
  return outcomeOf(send(world, '/wxa/getwxacodeunlimit', { scene: 's' }, { token: bearer, now }))
}

test('a platform gets its token for a ticket', () => {
  expect(takeToken()).toEqual({ component_access_token: expect.any(String), expires_in: 7200 })
})

test.each<[object, number]>([
  [{ component_appid: undefined }, 41018],
  [{ component_appsecret: undefined }, 41004],
  [{ component_appid: 'wxother' }, 40013],
  [{ component_appsecret: 'x' }, 40125],
  [{ component_verify_ticket: 'ticket@@@none' }, 61006],
  [{ component_verify_ticket: undefined }, 61006],
  [{ component_appid: 5 }, 47001],
])('api_component_token with %j is %i', (fields, errcode) => {
  expect(takeToken(0, fields)).toBe(errcode)
})

test('a ticket is good for 12 hours, also when newer ones came', () => {
  const ticket = platform.tickets.issue(0)
  platform.tickets.issue(1)
  const at = (now: number) => takeToken(now, { component_verify_ticket: ticket })
  expect(at(12 * HOUR_MS - 1)).toHaveProperty('component_access_token')
  expect(at(12 * HOUR_MS)).toBe(61005)
})

test('component tokens have a day of their own', () => {
  register({ componentTokenPerDay: 1 })
  takeToken()
  expect(takeToken()).toBe(45009)
  expect(
    takeToken(24 * HOUR_MS, { component_verify_ticket: platform.tickets.issue(24 * HOUR_MS) }),
  ).toHaveProperty('expires_in')
})

test('a component token comes under either name, and ends by time, by a newer one after 300 s, or is wrong', () => {
  const list = (over: Partial<Call>) =>
    ask('api_get_authorizer_list', { component_appid: 'wxplatform', offset: 0, count: 10 }, over)
  const token = tokenOf(takeToken())
  expect(list(withToken(token))).toEqual({ total_count: 0, list: [] })
  expect(list(withToken(token, 0, 'access_token'))).toEqual({ total_count: 0, list: [] })
  expect(list({})).toBe(41001)
  expect(list(withToken('none'))).toBe(40001)
  expect(list(withToken(token, 2 * HOUR_MS))).toBe(42001)
  takeToken(1000)
  expect(list(withToken(token, 300_999))).toHaveProperty('list')
  expect(list(withToken(token, 301_000))).toBe(40001)
})

test('a token of one platform is no good for another', () => {
  world.platforms.register({ ...PLATFORM, appid: 'wxsecond' }, 'body', 0)
  const over = withToken(tokenOf(takeToken()))
  expect(ask('api_get_authorizer_list', { component_appid: 'wxsecond' }, over)).toBe(61011)
  expect(ask('api_get_authorizer_list', {}, over)).toBe(41018)
})

test('an authorisation code brings tokens once, within an hour', () => {
  const over = (now = 0) => withToken(tokenOf(takeToken(now)), now)
  const query = (code: string, now = 0) =>
    ask('api_query_auth', { component_appid: 'wxplatform', authorization_code: code }, over(now))
  const { code } = platform.authorise('wx1', [17], 0)
  expect(query(code)).toEqual({
    authorization_info: {
      authorizer_appid: 'wx1',
      authorizer_access_token: expect.any(String),
      expires_in: 7200,
      authorizer_refresh_token: expect.stringMatching(/^refreshtoken@@@/),
      func_info: [{ funcscope_category: { id: 17 } }],
    },
  })
  expect(query(code)).toBe(61009)
  expect(query('none')).toBe(61009)
  expect(query(platform.authorise('wx1', undefined, 0).code, HOUR_MS)).toBe(61010)
})

test('a refresh brings a token and another refresh token, and the one before is 61023 after 300 s', () => {
  const token = tokenOf(takeToken())
  const { refreshToken } = authorised()
  const answer = refresh(token, refreshToken) as Record<string, string>
  expect(answer).toEqual({
    authorizer_access_token: expect.any(String),
    expires_in: 7200,
    authorizer_refresh_token: expect.not.stringMatching(refreshToken),
  })
  expect(refresh(token, refreshToken, 299_999)).toMatchObject({
    authorizer_refresh_token: answer['authorizer_refresh_token'],
  })
  expect(refresh(token, refreshToken, 300_000)).toBe(61023)
  expect(refresh(token, answer['authorizer_refresh_token'] ?? '', 300_000)).toHaveProperty('expires_in')
})

test('after 61023 the list of authorizers brings a refresh token that works', () => {
  const token = tokenOf(takeToken())
  authorised()
  expect(refresh(token, 'refreshtoken@@@lost')).toBe(61023)
  const { list } = ask(
    'api_get_authorizer_list',
    { component_appid: 'wxplatform', offset: 0, count: 500 },
    withToken(token),
  ) as { list: { authorizer_appid: string; refresh_token: string; auth_time: number }[] }
  expect(list).toEqual([
    { authorizer_appid: 'wx1', refresh_token: expect.stringMatching(/^refreshtoken@@@/), auth_time: 0 },
  ])
  expect(refresh(token, list[0]?.refresh_token ?? '')).toHaveProperty('authorizer_access_token')
})

test.each<['new' | 'current', boolean]>([
  ['new', false],
  ['current', true],
])('with listRefresh %s the refresh token of before the list stays the one: %s', (listRefresh, same) => {
  register({ listRefresh })
  const { refreshToken } = authorised()
  const { rows } = platform.list(0, 10, 0)
  expect(rows[0]?.refreshToken === refreshToken).toBe(same)
})

test('the list comes in pages and leaves out who has withdrawn', () => {
  for (const appid of ['wx1', 'wx2', 'wx3']) authorised(appid)
  platform.withdraw('wx2')
  const { total, rows } = platform.list(1, 1, 0)
  expect(total).toBe(2)
  expect(rows.map(({ authorizer }) => authorizer.appid)).toEqual(['wx3'])
})

test('a merchant’s refreshes have a day', () => {
  register({ authorizerTokenPerDay: 1, refreshRotation: 'never' })
  const token = tokenOf(takeToken())
  const { refreshToken } = authorised()
  expect(refresh(token, refreshToken)).toMatchObject({ authorizer_refresh_token: refreshToken })
  expect(refresh(token, refreshToken)).toBe(45009)
})

test('a merchant’s token prints its codes on its own quota', () => {
  const { token } = authorised()
  expect(print(token)).toBe('picture')
  expect(world.apps.find('wx1')?.usedToday('unlimited', 0)).toBe(1)
  expect(print(token, 2 * HOUR_MS)).toBe(42001)
})

test('a withdrawn authorisation is 61003 everywhere, and given again it needs new tokens', () => {
  const component = tokenOf(takeToken())
  const { token, refreshToken } = authorised()
  platform.withdraw('wx1')
  expect(print(token)).toBe(61003)
  expect(refresh(component, refreshToken)).toBe(61003)
  const again = authorised('wx1', 1)
  expect(print(token, 1)).toBe(40001)
  expect(refresh(component, refreshToken, 1)).toBe(61023)
  expect(print(again.token, 1)).toBe('picture')
})

test('without a permission set for codes it is 61007, until the merchant grants one', () => {
  const { code } = platform.authorise('wx1', [18], 0)
  const granted = platform.redeem(code, 0)
  if ('errcode' in granted) throw new Error('not granted')
  expect(print(granted.token)).toBe(61007)
  platform.authorise('wx1', [18, 58], 0)
  expect(print(granted.token)).toBe('picture')
})

test('platformErrcode fails a platform’s calls for codes and no others', () => {
  const { token } = authorised()
  world.apps.change({ platformErrcode: 61007 }, 'wx1')
  expect(print(token)).toBe(61007)
  expect(outcomeOf(send(world, '/wxa/getwxacodeunlimit', { scene: 's' }))).toBe('picture')
})

test('an unlisted address is 61004 and told itself', () => {
  const component = tokenOf(takeToken())
  register({ ipWhitelist: ['203.0.113.7'] })
  const told = { kind: 'error', errcode: 61004, text: expect.stringContaining('127.0.0.1') }
  const path = '/cgi-bin/component/api_get_authorizer_list'
  expect(send(world, path, { component_appid: 'wxplatform' }, withToken(component))).toEqual(told)
  expect(takeToken()).toBe(61004)
})

test('the merchant’s description tells what it granted', () => {
  authorised()
  const info = (authorizer_appid: string) =>
    ask(
      'api_get_authorizer_info',
      { component_appid: 'wxplatform', authorizer_appid },
      withToken(tokenOf(takeToken())),
    )
  expect(info('wx1')).toMatchObject({ authorization_info: { authorizer_appid: 'wx1' } })
  expect(info('wx2')).toBe(61003)
  expect(info('')).toBe(41002)
})

test('the ordinary token routes don’t serve a platform', () => {
  const fields = { grant_type: 'client_credential', appid: 'wxplatform', secret: 's' }
  expect(outcomeOf(send(world, '/cgi-bin/stable_token', fields, { appid: 'wxplatform' }))).toBe(61024)
})
