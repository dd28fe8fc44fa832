import { readUpConfig } from '@sunpress/runtime'
import { expect, test } from 'vitest'
import { DEMO_APP, planUp, serviceEnvironment, shownPath } from './plan-up.js'

const plan = (env: Record<string, string>, demo = true) =>
  planUp(readUpConfig(env), env, { demo, cwd: '/home/me' })
const nothingFound = { redisUrl: null, wechatUrl: null }

test('an empty environment gets a Redis, a simulated WeChat and a demo, all under ./data', () => {
  expect(plan({})).toEqual({
    ownRedis: true,
    simulate: true,
    demo: true,
    dataFolder: '/home/me/data',
    folderSetting: { name: 'SUNPRESS_STORE', value: 'file:./data' },
    redisFolder: '/home/me/data/redis',
    logFolder: '/home/me/data/logs',
    showFrom: 40,
    notes: [],
  })
})

test('a Redis that is named is used', () => {
  expect(plan({ REDIS_URL: 'redis://redis:6379' }).ownRedis).toBe(false)
})

test.each<[string, Record<string, string>]>([
  ['a single app', { WECHAT_APPID: 'wx0123456789abcdef', WECHAT_APPSECRET: 's' }],
  ['an apps file', { SUNPRESS_APPS_FILE: 'apps.yaml' }],
])('%s talks to the real WeChat, and no demo is printed with it', (_what, env) => {
  expect(plan(env)).toMatchObject({ simulate: false, demo: false })
  expect(serviceEnvironment('worker', env, nothingFound)).toEqual({ ...env, SUNPRESS_TETHER: 'fd' })
})

test('log lines are shown from the level that was asked for', () => {
  expect(plan({ LOG_LEVEL: 'debug' }).showFrom).toBe(20)
  expect(plan({ LOG_LEVEL: 'error' }).showFrom).toBe(50)
})

test('the demo can be left out', () => {
  expect(plan({}, false)).toMatchObject({ simulate: true, demo: false })
})

test.each([
  ['file:/srv/pictures', '/srv/pictures'],
  ['file:///srv/pictures', '/srv/pictures'],
  ['file:./pictures', '/home/me/pictures'],
  ['s3://bucket/prefix', '/home/me/data'],
])('with the store %s Redis and logs are kept under %s', (store, folder) => {
  expect(plan({ SUNPRESS_STORE: store })).toMatchObject({ dataFolder: folder, logFolder: `${folder}/logs` })
})

test('the services are given what was started for them', () => {
  const found = { redisUrl: 'redis://127.0.0.1:7000', wechatUrl: 'http://127.0.0.1:9470' }
  expect(serviceEnvironment('worker', { HOME: '/home/me', WECHAT_BASE_URL: 'http://other' }, found)).toEqual({
    HOME: '/home/me',
    REDIS_URL: 'redis://127.0.0.1:7000',
    WECHAT_BASE_URL: 'http://127.0.0.1:9470',
    WECHAT_APPID: DEMO_APP,
    WECHAT_APPSECRET: 'simulated',
    SUNPRESS_TETHER: 'fd',
  })
})

test('a WeChat that is named without an app is left aside, and said to be', () => {
  expect(plan({ WECHAT_BASE_URL: 'http://127.0.0.1:1' }).notes).toHaveLength(1)
})

test("a metrics port is the producer's alone, unless any free one will do", () => {
  const metricsPortOf = (role: 'producer' | 'worker', port: string) =>
    serviceEnvironment(role, { METRICS_PORT: port }, nothingFound)['METRICS_PORT']
  expect(metricsPortOf('producer', '9500')).toBe('9500')
  expect(metricsPortOf('worker', '9500')).toBeUndefined()
  expect(metricsPortOf('worker', '0')).toBe('0')
})

test('a path is shown from where the reader is', () => {
  expect(shownPath('/home/me/data', '/home/me')).toBe('data')
  expect(shownPath('/home/me', '/home/me')).toBe('.')
  expect(shownPath('/srv/data', '/home/me')).toBe('/srv/data')
})
