import { expect, test } from 'vitest'
import type { Call, World } from './call.js'
import { createTestWorld, outcomeOf, send } from './testing/world.js'

const GET = '/cgi-bin/openapi/quota/get'
const CLEAR = '/cgi-bin/clear_quota'
const CLEAR_V2 = '/cgi-bin/clear_quota/v2'
const ROUND = '/wxa/getwxacode'
const DAY_MS = 86_400_000
const OK = { errcode: 0, errmsg: 'ok' }

const ask = (world: World, path: string, fields: object, over: Partial<Call> = {}) =>
  outcomeOf(send(world, path, fields, over))
const quotaOf = (world: World, path: string, now = 0) => ask(world, GET, { cgi_path: path }, { now })

test('quota/get tells what a path has used today and what its minutes allow', () => {
  const world = createTestWorld({ limitedPerDay: 3 })
  ask(world, ROUND, { path: 'a' })
  ask(world, '/cgi-bin/wxaapp/createwxaqrcode', { path: 'a' })
  expect(quotaOf(world, ROUND)).toEqual({
    ...OK,
    quota: { daily_limit: 3, used: 2, remain: 1 },
    rate_limit: { call_count: 5000, refresh_second: 60 },
    component_rate_limit: { call_count: 0, refresh_second: 0 },
  })
  expect(quotaOf(world, ROUND, DAY_MS)).toMatchObject({ quota: { used: 0, remain: 3 } })
})

test('quota/get knows the limit of a day where one is set, else what a day of minutes holds', () => {
  const daily = (world: World) => quotaOf(world, '/wxa/getwxacodeunlimit')
  expect(daily(createTestWorld())).toMatchObject({ quota: { daily_limit: 7_200_000 } })
  const world = createTestWorld({ dailyLimit: 1 })
  expect(ask(world, '/wxa/getwxacodeunlimit', { scene: 's' })).toBe('picture')
  expect(ask(world, '/wxa/getwxacodeunlimit', { scene: 's' })).toBe(45009)
  expect(daily(world)).toMatchObject({ quota: { daily_limit: 1, used: 1, remain: 0 } })
})

test('quota/get counts tokens and itself', () => {
  const world = createTestWorld()
  world.tokens.mintClassic('wx1', 0)
  world.tokens.takeStable('wx1', 0)
  world.tokens.takeStable('wx1', 0)
  expect(quotaOf(world, '/cgi-bin/token')).toMatchObject({ quota: { daily_limit: 2000, used: 1 } })
  expect(quotaOf(world, '/cgi-bin/stable_token')).toMatchObject({ quota: { daily_limit: 500_000, used: 2 } })
  expect(quotaOf(world, GET)).toMatchObject({ quota: { used: 3 } })
})

test.each([
  [{ cgi_path: '/wxa/none' }, 76021],
  [{ cgi_path: 'wxa/getwxacode' }, 76021],
  [{ cgi_path: 'constructor' }, 76021],
  [{ cgi_path: 5 }, 47001],
  [{}, 47001],
])('quota/get of %j is %i', (fields, errcode) => {
  expect(ask(createTestWorld(), GET, fields)).toBe(errcode)
})

test('quota/get has a day of its own, 44993 beyond it', () => {
  const world = createTestWorld({ quotaGetPerDay: 1 })
  expect(quotaOf(world, ROUND)).toMatchObject(OK)
  expect(quotaOf(world, ROUND)).toBe(44993)
  expect(quotaOf(world, ROUND, DAY_MS)).toMatchObject(OK)
})

test('clear_quota starts the day anew, but neither the minute nor the lifetime', () => {
  const world = createTestWorld({ limitedPerDay: 1, limitedLifetime: 1 })
  expect(ask(world, ROUND, { path: 'a' })).toBe('picture')
  expect(ask(world, ROUND, { path: 'a' })).toBe(45009)
  expect(ask(world, CLEAR, { appid: 'wx1' })).toEqual(OK)
  expect(ask(world, ROUND, { path: 'b' })).toBe(45029)
  const minutes = createTestWorld({ limitedPerMinute: 1 })
  ask(minutes, ROUND, { path: 'a' })
  ask(minutes, CLEAR, { appid: 'wx1' })
  expect(ask(minutes, ROUND, { path: 'a' })).toBe(45009)
})

test('clear_quota gives back the calls for tokens, but no forced refresh', () => {
  const world = createTestWorld()
  for (let i = 0; i < 2000; i++) world.tokens.mintClassic('wx1', 0)
  for (let i = 0; i < 20; i++) world.tokens.forceStable('wx1', i * 30_000)
  expect(world.tokens.mintClassic('wx1', 600_000)).toEqual({ errcode: 45009 })
  ask(world, CLEAR, { appid: 'wx1' }, { now: 600_000 })
  expect(world.tokens.mintClassic('wx1', 600_000)).toHaveProperty('token')
  expect(world.tokens.forceStable('wx1', 600_000)).toEqual({ errcode: 45009 })
})

test('both ways share 10 clears a month of Shanghai, then 48006', () => {
  const world = createTestWorld()
  const april = Date.parse('2026-03-31T16:00:00Z')
  const secret = new URLSearchParams({ appid: 'wx1', appsecret: 's' })
  for (let i = 0; i < 5; i++) {
    expect(ask(world, CLEAR, { appid: 'wx1' }, { now: april - 1 })).toEqual(OK)
    expect(ask(world, CLEAR_V2, {}, { query: secret, now: april - 1 })).toEqual(OK)
  }
  expect(ask(world, CLEAR, { appid: 'wx1' }, { now: april - 1 })).toBe(48006)
  expect(ask(world, CLEAR_V2, {}, { query: secret, now: april - 1 })).toBe(48006)
  expect(ask(world, CLEAR, { appid: 'wx1' }, { now: april })).toEqual(OK)
})

test('clear_quota is for the token’s own appid', () => {
  expect(ask(createTestWorld(), CLEAR, { appid: 'wx2' })).toBe(40013)
  expect(ask(createTestWorld(), CLEAR, {})).toBe(40013)
})

test('clear_quota/v2 takes its credential from the query or the body, without a token', () => {
  const world = createTestWorld({ secret: 's' })
  const v2 = (fields: object, query: Record<string, string> = {}, over: Partial<Call> = {}) =>
    ask(world, CLEAR_V2, fields, { token: undefined, query: new URLSearchParams(query), ...over })
  expect(v2({ appid: 'wx1', appsecret: 's' })).toEqual(OK)
  expect(v2({}, { appid: 'wx1', appsecret: 's' }, { body: { errcode: 44002 } })).toEqual(OK)
  expect(v2({ appsecret: 's' })).toBe(41002)
  expect(v2({ appid: 'wx1' })).toBe(41004)
  expect(v2({ appid: 'wx1', appsecret: 'x' })).toBe(40125)
  expect(v2({ appid: 'wx9', appsecret: 's' }, {}, { app: undefined })).toBe(40013)
  expect(v2({}, { appid: 'wx1', appsecret: 's' }, { body: { errcode: 47001 } })).toBe(47001)
})

test('quota/get may tell other numbers than those that hold', () => {
  const told = { dailyLimit: 1000, perMinute: 3000 }
  const world = createTestWorld({ perMinute: 5, quotaGetTells: { '/wxa/getwxacodeunlimit': told } })
  ask(world, '/wxa/getwxacodeunlimit', { scene: 's' })
  expect(quotaOf(world, '/wxa/getwxacodeunlimit')).toMatchObject({
    quota: { daily_limit: 1000, used: 1, remain: 999 },
    rate_limit: { call_count: 3000, refresh_second: 60 },
  })
  world.apps.change({ quotaGetTells: { '/wxa/getwxacodeunlimit': { used: 400 } } })
  expect(quotaOf(world, '/wxa/getwxacodeunlimit')).toMatchObject({
    quota: { daily_limit: 7200, used: 400 },
    rate_limit: { call_count: 5 },
  })
})
