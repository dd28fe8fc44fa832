import { expect, test } from 'vitest'
import { readSpendOrders } from './spend-order.js'
import { createSpender, type SpendOrder } from './spender.js'
import { createTestWorld, outcomeOf, send } from './testing/world.js'

const UNLIMITED = '/wxa/getwxacodeunlimit'
const order = (more: Partial<SpendOrder>): SpendOrder => ({
  appid: 'wx1',
  path: UNLIMITED,
  calls: 0,
  perMinute: 0,
  ...more,
})

test('what another party spends at once leaves the caller the rest of the minute', () => {
  const world = createTestWorld({ perMinute: 10 })
  world.spender.start([order({ calls: 8 })], 0)
  const calls = [1, 2, 3].map(() => outcomeOf(send(world, UNLIMITED, { scene: 's' })))
  expect(calls).toEqual(['picture', 'picture', 45009])
})

test('it spends evenly as the clock goes, each call at the time when it was due', () => {
  const world = createTestWorld({ perMinute: 10 })
  world.spender.start([order({ perMinute: 6 })], 0)
  world.spender.visit(9_999)
  expect(world.spender.report()).toMatchObject([{ spent: 0 }])
  world.spender.visit(30_000)
  expect(world.spender.report()).toMatchObject([{ spent: 3, refused: 0 }])
  world.spender.visit(600_000)
  expect(world.spender.report()).toMatchObject([{ spent: 60, refused: 0 }])
})

test('quota/get tells its calls among the used', () => {
  const world = createTestWorld({ dailyLimit: 100 })
  world.spender.start([order({ calls: 7 }), order({ path: '/wxa/getwxacode', calls: 2 })], 0)
  send(world, UNLIMITED, { scene: 's' })
  const ask = (cgi_path: string) => outcomeOf(send(world, '/cgi-bin/openapi/quota/get', { cgi_path }))
  expect(ask(UNLIMITED)).toMatchObject({ quota: { used: 8, remain: 92 } })
  expect(ask('/wxa/getwxacode')).toMatchObject({ quota: { used: 2 } })
})

test('what it is refused is counted apart, and other apps feel nothing', () => {
  const world = createTestWorld({ perMinute: 5 })
  world.spender.start([order({ calls: 8 })], 0)
  expect(world.spender.report()).toEqual([{ ...order({ calls: 8 }), spent: 5, refused: 3 }])
  expect(world.apps.find('wx2')?.usedToday('unlimited', 0)).toBe(0)
})

test('a leap of the clock is caught up on in bounded time', () => {
  const { apps } = createTestWorld({ perMinute: 10_000_000 })
  const spender = createSpender(apps)
  spender.start([order({ perMinute: 1_000_000 })], 0)
  spender.visit(86_400_000)
  expect(spender.report()).toMatchObject([{ spent: 1_000_000 }])
})

test.each<[unknown, string]>([
  [{ appid: 'wx1' }, 'spender'],
  [{ appid: 'wx1', calls: 0 }, 'spender.calls'],
  [{ appid: 'wx1', calls: 1, path: '/none' }, 'spender.path'],
  [[{ calls: 1 }], 'spender[0].appid'],
])('the order %j is refused at %s', (input, field) => {
  expect(() => readSpendOrders(input, 'spender')).toThrow(expect.objectContaining({ field }))
})
