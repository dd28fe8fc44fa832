import { expect, test } from 'vitest'
import { DEFAULT_SWITCHES } from './app-config.js'
import { createApps } from './apps.js'
import { parseAppsFile } from './read-switches.js'
import { WINDOW_KINDS } from './window.js'

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
  ['[{"appid":"a","pages":{"beta":[]}}]', 'apps[0].pages.beta: expected one of release, trial, develop'],
  ['[{"appid":"a","pages":{"trial":[1]}}]', 'apps[0].pages.trial[0]: expected a text, got 1'],
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

test('switches changed of one app leave the others; changed of all, they hold for those that come later', () => {
  const apps = createApps({ defaults: DEFAULT_SWITCHES }, 'clock')
  expect(apps.change({ perMinute: 1 }, 'wx1')).toBe(true)
  expect(['wx1', 'wx2'].map((appid) => apps.find(appid)?.config.perMinute)).toEqual([1, 5000])
  apps.change({ perMinute: 2 })
  expect(['wx1', 'wx2', 'wx3'].map((appid) => apps.find(appid)?.config.perMinute)).toEqual([2, 2, 2])
  apps.clear()
  expect(apps.find('wx1')?.config.perMinute).toBe(5000)
  expect(createApps({ defaults: DEFAULT_SWITCHES, apps: [] }, 'clock').change({}, 'wx1')).toBe(false)
})

test('a day that is used up answers 45009 until midnight in Shanghai, whatever the windows are', () => {
  const midnight = Date.parse('2026-03-01T16:00:00Z')
  for (const kind of WINDOW_KINDS) {
    const app = createApps({ defaults: { ...DEFAULT_SWITCHES, dailyLimit: 2 } }, kind).find('wx1')
    const times = [-90_000, -60_000, -1, 0, 1, 2]
    expect(times.map((at) => app?.charge('unlimited', midnight + at))).toEqual([
      undefined,
      undefined,
      45009,
      undefined,
      undefined,
      45009,
    ])
  }
})

test('what the minute refuses is not counted for the day', () => {
  const app = createApps({ defaults: { ...DEFAULT_SWITCHES, perMinute: 1, dailyLimit: 2 } }, 'clock').find(
    'wx1',
  )
  expect([0, 1, 2, 60_000].map((at) => app?.charge('unlimited', at))).toEqual([
    undefined,
    45009,
    45009,
    undefined,
  ])
  expect(app?.usedToday('unlimited', 60_000)).toBe(2)
})

test('without a list there are as many apps as the bound allows, then no more', () => {
  const apps = createApps({ defaults: DEFAULT_SWITCHES }, 'clock', 2)
  expect(['a', 'b', 'c', 'a'].map((appid) => apps.find(appid) !== undefined)).toEqual([
    true,
    true,
    false,
    true,
  ])
})

const PLATFORM = {
  appid: 'wxplatform',
  appSecret: 's',
  verifyToken: 'v',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

test('an apps file may hold platforms and cloud hosting', () => {
  const file = { platforms: [{ ...PLATFORM, refreshRotation: 'every:3' }], hosting: { appid: 'wx1' } }
  expect(parseAppsFile(JSON.stringify(file))).toEqual({
    defaults: DEFAULT_SWITCHES,
    platforms: [{ ...PLATFORM, refreshRotation: 'every:3' }],
    hosting: { appid: 'wx1', shared: [], notListed: '502', seqid: true },
  })
})

test.each<[object, string]>([
  [{ platforms: [{ ...PLATFORM, verifyToken: '' }] }, 'platforms[0].verifyToken'],
  [{ platforms: [{ appid: 'wxplatform' }] }, 'platforms[0].appSecret'],
  [{ hosting: { appid: 'wx1', notListed: 404 } }, 'hosting.notListed'],
  [{ defaults: { quotaGetTells: { '/none': {} } } }, 'defaults.quotaGetTells./none'],
  [
    { defaults: { quotaGetTells: { '/wxa/getwxacode': { used: -1 } } } },
    'defaults.quotaGetTells./wxa/getwxacode.used',
  ],
])('an apps file of %j is refused at %s', (file, field) => {
  expect(() => parseAppsFile(JSON.stringify(file))).toThrow(expect.objectContaining({ field }))
})
