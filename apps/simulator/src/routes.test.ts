import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Call, World } from './call.js'
import { createTestWorld as createWorld, outcomeOf, send } from './testing/world.js'

const PATH = '/wxa/getwxacodeunlimit'

function errcodeOf(world: World, over: Partial<Call> = {}): unknown {
  return outcomeOf(send(world, PATH, { scene: 's', page: 'pages/a' }, over))
}

test('each defect hides those that are looked at later', () => {
  const steps: [Partial<Call>, number | 'picture'][] = [
    [{ method: 'GET' }, 43002],
    [{ token: undefined }, 41001],
    [{ token: { appid: 'wx1', state: 'expired' } }, 42001],
    [{ token: { appid: 'wx1', state: 'overwritten' } }, 40001],
    [{ token: { appid: '', state: 'unknown' } }, 40001],
    [{ bodyBytes: 2_000_000 }, 45002],
    [{ body: { errcode: 44002 } }, 44002],
    [{ body: { fields: { scene: 5 } } }, 47001],
    [{ body: { fields: { scene: '码'.repeat(33), env_version: 'x', width: 1, page: '/' } } }, 40169],
    [{ body: { fields: { scene: '码scancode_time', env_version: 'x', width: 1, page: '/' } } }, 40129],
    [{ body: { fields: { scene: 'scancode_time', env_version: 'x', width: 1, page: '/' } } }, 85096],
    [{ body: { fields: { scene: 's', env_version: 'x', width: 1, page: '/' } } }, 40097],
    [{ body: { fields: { scene: 's', width: 1, page: '/' } } }, 40189],
    [{ body: { fields: { scene: 's', page: '/' } } }, 41030],
    [{}, 'picture'],
  ]
  for (const [i, [, errcode]] of steps.entries()) {
    const sooner = steps.slice(i).map(([defect]) => defect)
    const wrong: Partial<Call> = Object.assign({}, ...sooner.reverse())
    expect(errcodeOf(createWorld(), wrong)).toBe(errcode)
  }
})

test('an account without permission is told so before its types are looked at, and spends no quota', () => {
  const world = createWorld({ accountErrcode: 48001, perMinute: 1 })
  const bad = { body: { fields: { scene: 5 } } }
  expect([errcodeOf(world, bad), errcodeOf(world, bad)]).toEqual([48001, 48001])
})

test('failed calls count against the minute, calls without a valid token do not', () => {
  const world = createWorld({ perMinute: 2 })
  errcodeOf(world, { token: undefined })
  errcodeOf(world, { token: { appid: 'wx1', state: 'overwritten' } })
  expect(errcodeOf(world, { body: { fields: { scene: '' } } })).toBe(40169)
  expect(errcodeOf(world)).toBe('picture')
  expect(errcodeOf(world)).toBe(45009)
  expect(errcodeOf(world, { now: 60_000 })).toBe('picture')
})

test('an ordered errcode comes after the rate and before the body', () => {
  const world = createWorld({ perMinute: 1 })
  world.faults.replace([{ kind: 48001 }])
  expect(errcodeOf(world, { body: { errcode: 44002 } })).toBe(48001)
  expect(errcodeOf(world)).toBe(45009)
})

test('distinct pages printed unchecked have a cap; repeats are free', () => {
  const world = createWorld({ pageCap: 2 })
  const page = (name: string) => ({ body: { fields: { scene: 's', page: name, check_path: false } } })
  const codes = ['a', 'b', 'a', 'c', 'b'].map((name) => errcodeOf(world, page(name)))
  expect(codes).toEqual(['picture', 'picture', 'picture', 45029, 'picture'])
})

test('whatever fields are sent, there is an answer', () => {
  const world = createWorld({ badWidth: 'clamp', perMinute: 1_000_000 })
  const value = fc.oneof(fc.jsonValue(), fc.constant('s'), fc.constant('ⱥ'.repeat(1024)), fc.boolean())
  const fields = fc.record(
    {
      scene: fc.oneof(fc.constant('s'), value),
      page: fc.oneof(fc.string(), value),
      line_color: fc.oneof(fc.constant({ r: 1, g: '2', b: 3 }), value),
      width: fc.oneof(fc.constant(280), fc.constant(0), fc.constant('280')),
      check_path: value,
      auto_color: value,
      is_hyaline: value,
      env_version: fc.oneof(fc.constant('trial'), value),
    },
    { requiredKeys: ['width'] },
  )
  fc.assert(
    fc.property(fields, (sent) => {
      expect(errcodeOf(world, { body: { fields: sent } })).toSatisfy(
        (code) => code === 'picture' || Number(code) > 0,
      )
    }),
  )
})
