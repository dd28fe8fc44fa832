import { expect, test } from 'vitest'
import { createApps } from './app.js'
import { DEFAULT_SWITCHES, parseAppsFile } from './app-config.js'

test('a list of apps takes what it does not set from the defaults', () => {
  const { apps } = parseAppsFile('[{"appid":"wx1","secret":"s","perMinute":10,"pages":["pages/a"]}]')
  expect(apps).toEqual([
    { ...DEFAULT_SWITCHES, appid: 'wx1', secret: 's', perMinute: 10, pages: ['pages/a'] },
  ])
})

test('defaults of the file go before its apps; codes may be numbers', () => {
  const file = parseAppsFile(
    '{"defaults":{"overLimit":45011},"apps":[{"appid":"wx1"},{"appid":"wx2","overLimit":"mixed"}]}',
  )
  expect(file.apps?.map(({ overLimit }) => overLimit)).toEqual(['45011', 'mixed'])
})

test('a file of defaults only leaves every appid open', () => {
  const apps = createApps(parseAppsFile('{"defaults":{"secret":"s"}}'), 'clock')
  expect(apps.find('wxany')?.config.secret).toBe('s')
  expect(createApps(parseAppsFile('[]'), 'clock').find('wxany')).toBeUndefined()
})

test.each([
  ['{', 'the apps file: expected JSON'],
  ['{"app":[]}', 'file.app: expected one of defaults, apps'],
  ['[{}]', 'apps[0].appid: expected a text, got nothing'],
  ['[{"appid":"a"},{"appid":"a"}]', 'apps[1].appid: expected an appid not named before, got "a"'],
  ['[{"appid":"a","perMinute":0}]', 'apps[0].perMinute: expected a whole number from 1 to 10000000, got 0'],
  ['[{"appid":"a","pages":"x"}]', 'apps[0].pages: expected an array, got "x"'],
  ['[{"appid":"a","secrets":"x"}]', 'apps[0].secrets: expected one of appid, secret'],
  ['{"defaults":{"appid":"x"}}', 'defaults.appid: expected one of secret'],
])('%s is refused by name', (text, message) => {
  expect(() => parseAppsFile(text)).toThrow(message)
})

test('beyond the minute an app answers what it is set to, mixed in turns', () => {
  const codes = (overLimit: '45009' | '45011' | 'mixed') => {
    const apps = createApps({ defaults: { ...DEFAULT_SWITCHES, perMinute: 1, overLimit } }, 'clock')
    return Array.from({ length: 4 }, () => apps.find('wx1')?.charge('unlimited', 0))
  }
  expect(codes('45009')).toEqual([undefined, 45009, 45009, 45009])
  expect(codes('45011')).toEqual([undefined, 45011, 45011, 45011])
  expect(codes('mixed')).toEqual([undefined, 45009, 45011, 45009])
})

test('apps and quota classes have windows of their own', () => {
  const apps = createApps({ defaults: { ...DEFAULT_SWITCHES, perMinute: 1 } }, 'sliding')
  expect(apps.find('wx1')?.charge('unlimited', 0)).toBeUndefined()
  expect(apps.find('wx2')?.charge('unlimited', 0)).toBeUndefined()
  expect(apps.find('wx1')?.charge('limited', 0)).toBeUndefined()
  expect(apps.find('wx1')?.charge('unlimited', 0)).toBe(45009)
})

test('a hidden burst limit answers 45011 below the limit of the minute', () => {
  const defaults = { ...DEFAULT_SWITCHES, burst: { calls: 2, windowMs: 100 } }
  const app = createApps({ defaults }, 'clock').find('wx1')
  expect([0, 1, 2, 101].map((at) => app?.charge('unlimited', at))).toEqual([
    undefined,
    undefined,
    45011,
    undefined,
  ])
})

test('a call stamped a little before the last one does not open an old minute again', () => {
  const app = createApps({ defaults: { ...DEFAULT_SWITCHES, perMinute: 1 } }, 'clock').find('wx1')
  expect([60_000, 59_999].map((at) => app?.charge('unlimited', at))).toEqual([undefined, 45009])
})
