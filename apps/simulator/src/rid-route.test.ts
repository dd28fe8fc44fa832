import { expect, test } from 'vitest'
import type { Call } from './call.js'
import { createRids } from './rids.js'
import { createTestWorld, outcomeOf, send } from './testing/world.js'

const GET = '/cgi-bin/openapi/rid/get'
const NOW = Date.parse('2026-03-01T00:00:00Z')
const RID = `${(NOW / 1000).toString(16)}-00000001-00000002`
const ENTRY = {
  appid: 'wx1',
  at: NOW,
  costMs: 12,
  query: 'access_token=85_x',
  requestBody: '{"scene":""}',
  responseBody: '{"errcode":40169}',
  clientIp: '127.0.0.1',
}

function ask(rid: unknown, over: Partial<Call> = {}): unknown {
  const world = createTestWorld()
  world.rids.remember(RID, ENTRY)
  return outcomeOf(send(world, GET, { rid }, { now: NOW + 1000, ...over }))
}

test('a rid tells the call behind it', () => {
  expect(ask(RID)).toEqual({
    errcode: 0,
    errmsg: 'ok',
    request: {
      invoke_time: NOW / 1000,
      cost_in_ms: 12,
      request_url: 'access_token=85_x',
      request_body: '{"scene":""}',
      response_body: '{"errcode":40169}',
      client_ip: '127.0.0.1',
    },
  })
})

test('a rid is found for 7 days, by its own app only, and must look like one', () => {
  const week = 7 * 86_400_000
  expect(ask(RID.replace('2', '3'))).toBe(76001)
  expect(ask('hello')).toBe(76002)
  expect(ask(undefined)).toBe(76002)
  expect(ask(5)).toBe(47001)
  expect(ask(RID, { appid: 'wx2' })).toBe(76003)
  expect(ask(RID, { now: NOW + week })).toMatchObject({ errcode: 0 })
  expect(ask(RID, { now: NOW + week + 1 })).toBe(76004)
})

test('only the last rids are kept', () => {
  const rids = createRids(2)
  for (const rid of ['a', 'b', 'c']) rids.remember(rid, ENTRY)
  expect(['a', 'b', 'c'].map((rid) => rids.find(rid) !== undefined)).toEqual([false, true, true])
})
