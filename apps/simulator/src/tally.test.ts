import { expect, test } from 'vitest'
import { createCallLog } from './call-log.js'
import { createPace } from './pace.js'
import { createTally } from './tally.js'

const AT = Date.parse('2026-11-20T10:47:00Z')
const WHOLE = { scene: 's=1', errcode: undefined, fault: undefined, whole: true }

test('a pace knows its calls by clock minute and the most in any 60 s', () => {
  const pace = createPace()
  for (const second of [0, 50, 59, 61, 109.9, 110, 300]) pace.count(AT + second * 1000, AT + second * 1000)
  expect(pace.report()).toEqual({
    calls: 7,
    perMinute: { '2026-11-20T10:47Z': 3, '2026-11-20T10:48Z': 3, '2026-11-20T10:52Z': 1 },
    mostIn60s: 4,
  })
})

test('the most in any 60 s is right when it is large', () => {
  const pace = createPace()
  for (let i = 0; i < 10_000; i++) pace.count(AT + i * 12, AT)
  expect(pace.report().mostIn60s).toBe(5000)
})

test('arrivals are still known after the ring that holds them has grown while wrapped', () => {
  const pace = createPace()
  const at = (second: number, calls: number) => {
    for (let i = 0; i < calls; i++) pace.count(AT + second * 1000, AT)
  }
  at(0, 1000)
  at(61, 24)
  at(100, 1001)
  at(121.5, 500)
  expect(pace.report().mostIn60s).toBe(1501)
})

test('a call is settled once; what comes later changes nothing', () => {
  const tally = createTally()
  const settle = tally.arrive({ appid: 'wx1', path: '/p', now: AT, at: AT })
  settle(WHOLE)
  settle({ scene: null, errcode: undefined, fault: undefined, whole: false })
  settle(WHOLE)
  expect([...tally.calls()].map(({ outcome }) => outcome)).toEqual(['picture'])
  expect(tally.report('wx1', true)).toMatchObject({ pictures: 1, sceneSuccesses: { 's=1': 1 } })
})

test('an answered call stands in the log with its arrival, scene and outcome, an unanswered one as pending', () => {
  const tally = createTally()
  const call = { appid: 'wx1', path: '/p', now: AT }
  tally.arrive({ ...call, at: AT + 0.25 })(WHOLE)
  tally.arrive({ ...call, at: AT + 1 })({ ...WHOLE, errcode: 45009, whole: false })
  tally.arrive({ ...call, at: AT + 2, appid: 'wx2' })({ ...WHOLE, fault: 'reset', whole: false })
  tally.arrive({ ...call, at: AT + 3 })
  expect([...tally.calls()].map(({ at, scene, outcome }) => [at - AT, scene, outcome])).toEqual([
    [0.25, 's=1', 'picture'],
    [1, 's=1', '45009'],
    [2, 's=1', 'reset'],
    [3, null, 'pending'],
  ])
  expect([...tally.calls('wx2')]).toHaveLength(1)
})

test('the report counts errcodes, faults, and how often each scene was printed', () => {
  const tally = createTally()
  const call = { appid: 'wx1', path: '/p', now: AT, at: AT }
  for (const scene of ['a', 'b', 'a']) tally.arrive(call)({ ...WHOLE, scene })
  tally.arrive(call)({ scene: 'c', errcode: -1, fault: 'system_error', whole: false })
  expect(tally.report('wx1', true)).toMatchObject({
    calls: 4,
    pictures: 3,
    errcodes: { '-1': 1 },
    faults: { system_error: 1 },
    scenes: { distinct: 2, uncounted: 0, repeated: { a: 2 } },
    paths: { '/p': { calls: 4 } },
    sceneSuccesses: { a: 2, b: 1 },
  })
  expect(tally.report('wx1', false)).not.toHaveProperty('sceneSuccesses')
  expect(tally.report('wx9', false)).toBeUndefined()
})

test('scenes past the bound are counted as such', () => {
  const tally = createTally(createCallLog(), 1)
  const call = { appid: 'wx1', path: '/p', now: AT, at: AT }
  for (const scene of ['a', 'b', 'a']) tally.arrive(call)({ ...WHOLE, scene })
  expect(tally.report('wx1', false)?.scenes).toEqual({ distinct: 1, uncounted: 1, repeated: { a: 2 } })
})

test('the log drops its oldest rows for room, and settling one of those changes nothing', () => {
  const log = createCallLog(10_000)
  for (let i = 0; i < 30_000; i++) log.add(i, 'wx1', '/p')
  log.settle(0, 'lost', 'picture')
  log.settle(29_999, 'last', 'picture')
  const rows = [...log.rows()]
  expect(rows.length + log.dropped()).toBe(30_000)
  expect(rows.length).toBeGreaterThanOrEqual(10_000)
  expect(rows.length).toBeLessThanOrEqual(16_384)
  expect(rows.at(-1)).toMatchObject({ at: 29_999, scene: 'last' })
  expect(rows.some(({ scene }) => scene === 'lost')).toBe(false)
})

test('a cleared log takes new rows and passes over calls that were under way', () => {
  const log = createCallLog()
  const before = log.add(1, 'wx1', '/p')
  log.clear()
  const after = log.add(2, 'wx1', '/p')
  log.settle(before, 'old', 'picture')
  log.settle(after, 'new', 'picture')
  expect([...log.rows()].map(({ scene }) => scene)).toEqual(['new'])
  expect(log.dropped()).toBe(0)
})

test('however long the scenes are that are sent, short ones are kept', () => {
  const tally = createTally()
  const scene = 's'.repeat(1_000_000)
  tally.arrive({ appid: 'wx1', path: '/p', now: AT, at: AT })({ ...WHOLE, scene })
  expect([...tally.calls()][0]?.scene).toHaveLength(256)
  expect(Object.keys(tally.report('wx1', true)?.sceneSuccesses ?? {})[0]).toHaveLength(256)
})
