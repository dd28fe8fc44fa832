import { expect, test } from 'vitest'
import type { World } from './call.js'
import { readNote } from './picture/note.js'
import { createTestWorld, outcomeOf, send } from './testing/world.js'

const ROUND = '/wxa/getwxacode'
const SQUARE = '/cgi-bin/wxaapp/createwxaqrcode'
const UNLIMITED = '/wxa/getwxacodeunlimit'
const DAY_MS = 86_400_000

const ask = (world: World, path: string, fields: object, now = 0) =>
  outcomeOf(send(world, path, fields, { now }))
const times = (count: number, call: (index: number) => unknown) =>
  Array.from({ length: count }, (_, i) => call(i))

function headersOf(world: World, path: string, fields: object): readonly string[] {
  const answer = send(world, path, fields)
  return answer.kind === 'picture' ? (answer.headers ?? []) : [answer.kind]
}

test.each([
  [ROUND, {}, 40159],
  [ROUND, { path: '' }, 40159],
  [ROUND, { path: 'p'.repeat(1024) }, 'picture'],
  [ROUND, { path: 'p'.repeat(1025) }, 40159],
  [ROUND, { path: '码'.repeat(342) }, 40159],
  [SQUARE, { path: '', width: 430 }, 40159],
  [SQUARE, { path: 'p'.repeat(128) }, 'picture'],
  [SQUARE, { path: 'p'.repeat(129) }, 40159],
  [SQUARE, { path: '码'.repeat(43) }, 40159],
  [ROUND, { path: 5 }, 47001],
  [SQUARE, { path: 'p', width: '430' }, 47001],
  [ROUND, { path: 'p', is_hyaline: 1 }, 47001],
  [SQUARE, { path: 'p', is_hyaline: 1 }, 'picture'],
  [ROUND, { path: 'p', access_token: 'x' }, 47001],
  [ROUND, { path: 'p?scancode_time=1' }, 85096],
  [SQUARE, { path: 'p?a=1&scancode_time' }, 85096],
  [SQUARE, { path: 'scancode_time?a=scancode_time' }, 'picture'],
  [ROUND, { path: 'p', env_version: 'beta' }, 40097],
  [ROUND, { path: 'p', line_color: { r: 256 } }, 40097],
  [ROUND, { path: 'p', width: 279 }, 40189],
  [SQUARE, { path: 'p', width: 1281 }, 40189],
  [ROUND, { path: '?foo=bar' }, 'picture'],
])('%s with %j is %s', (path, fields, outcome) => {
  expect(ask(createTestWorld(), path, fields)).toBe(outcome)
})

test('the path of getwxacode may be held to the 128 bytes of older documents', () => {
  const world = createTestWorld({ pathBytes: 128 })
  expect(ask(world, ROUND, { path: 'p'.repeat(129) })).toBe(40159)
})

test('both endpoints share one minute, which getwxacodeunlimit does not touch', () => {
  const world = createTestWorld({ limitedPerMinute: 2 })
  expect(ask(world, ROUND, { path: 'a' })).toBe('picture')
  expect(ask(world, SQUARE, { path: '' })).toBe(40159)
  expect(ask(world, SQUARE, { path: 'a' })).toBe(45009)
  expect(ask(world, UNLIMITED, { scene: 's' })).toBe('picture')
  expect(ask(world, SQUARE, { path: 'a' }, 60_000)).toBe('picture')
})

test('a day holds 10,000 calls, repeats among them, and turns at midnight in Shanghai', () => {
  const world = createTestWorld({ limitedPerMinute: 20_000 })
  const midnight = Date.parse('2026-03-01T16:00:00Z')
  const first = midnight - DAY_MS
  const outcomes = times(10_001, () => ask(world, SQUARE, { path: 'a', width: 280 }, first))
  expect(outcomes.findIndex((outcome) => outcome !== 'picture')).toBe(10_000)
  expect(ask(world, ROUND, { path: 'a' }, midnight - 1)).toBe(45009)
  expect(ask(world, ROUND, { path: 'a' }, midnight)).toBe('picture')
})

test('distinct codes have a lifetime cap that both share: new ones are 45029, old ones still come', () => {
  const world = createTestWorld({ limitedLifetime: 3 })
  expect(ask(world, ROUND, { path: 'a' })).toBe('picture')
  expect(ask(world, ROUND, { path: 'a', width: 300 })).toBe('picture')
  expect(ask(world, SQUARE, { path: 'a' })).toBe('picture')
  expect(ask(world, SQUARE, { path: 'b' })).toBe(45029)
  expect(ask(world, ROUND, { path: 'b' })).toBe(45029)
  for (const [path, fields] of [
    [ROUND, { path: 'a', width: 430 }],
    [ROUND, { path: 'a', width: 300 }],
    [SQUARE, { path: 'a' }],
  ] as const) {
    expect(ask(world, path, fields, 30 * DAY_MS)).toBe('picture')
  }
  expect(ask(world, ROUND, { path: 'c' }, 30 * DAY_MS)).toBe(45029)
})

test('a code refused for its fields does not count against the lifetime', () => {
  const world = createTestWorld({ limitedLifetime: 1 })
  expect(ask(world, ROUND, { path: 'a', width: 1 })).toBe(40189)
  expect(ask(world, ROUND, { path: 'b' })).toBe('picture')
})

test('Num-Used tells the distinct codes so far, and a repeat does not raise it', () => {
  const world = createTestWorld()
  expect(headersOf(world, ROUND, { path: 'a' })).toEqual(['Num-Used', '1'])
  expect(headersOf(world, SQUARE, { path: 'a' })).toEqual([])
  expect(headersOf(world, ROUND, { path: 'a' })).toEqual(['Num-Used', '2'])
  expect(headersOf(createTestWorld({ numUsedOn: 'both' }), SQUARE, { path: 'a' })).toEqual(['Num-Used', '1'])
  expect(headersOf(createTestWorld({ numUsedOn: 'none' }), ROUND, { path: 'a' })).toEqual([])
})

test('a picture tells the request that it answers, defaults filled in', () => {
  const answer = send(createTestWorld(), ROUND, { path: 'pages/a?x=1' })
  const note = answer.kind === 'picture' ? readNote(Buffer.concat(answer.picture.parts)) : undefined
  expect(note).toEqual({
    v: 1,
    appid: 'wx1',
    endpoint: 'getwxacode',
    carriesScene: true,
    params: {
      path: 'pages/a?x=1',
      width: 430,
      env_version: 'release',
      auto_color: false,
      line_color: { r: 0, g: 0, b: 0 },
      is_hyaline: false,
    },
  })
})

test('a transparent getwxacode is a PNG', () => {
  const answer = send(createTestWorld(), ROUND, { path: 'a', is_hyaline: true })
  const bytes = answer.kind === 'picture' ? Buffer.concat(answer.picture.parts) : Buffer.alloc(0)
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
})
