import { afterEach, beforeEach, expect, test } from 'vitest'
import { errcodeOf, type Started, startWithToken, takeToken } from './testing/caller.js'

let started: Started

beforeEach(async () => {
  started = await startWithToken()
})
afterEach(() => started.close())

test('the calls of an app are listed with arrival, scene and outcome', async () => {
  const begin = Date.now()
  await started.code({ scene: 's=1' })
  await started.code({ scene: 'a b' })
  await started.code('{')
  const { json } = await started.admin('GET', '/calls?appid=wx1')
  expect(json.dropped).toBe(0)
  expect(
    json.calls.map(({ scene, outcome }: { scene: string; outcome: string }) => [scene, outcome]),
  ).toEqual([
    ['s=1', 'picture'],
    ['a b', '40129'],
    [null, '47001'],
  ])
  const times = json.calls.map(({ at }: { at: number }) => at)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times[0]).toBeGreaterThan(begin - 100)
  expect(times.some((at: number) => at % 1 !== 0)).toBe(true)
  expect((await started.admin('GET', '/calls?appid=wx2')).json.calls).toEqual([])
})

test('the counters tell calls, tokens, errcodes and scenes', async () => {
  await takeToken(started.simulator, 'wx1', true)
  await started.admin('PUT', '/clock', { advanceMs: 0, frozen: true })
  await started.code({ scene: 's=1' })
  const { json } = await started.admin('GET', '/counters')
  expect(json.apps.wx1).toMatchObject({
    calls: 1,
    mostIn60s: 1,
    errcodes: { '40001': 1 },
    tokens: { stableMinted: 2, classicMinted: 0, forceRefreshes: 1 },
    paths: { '/wxa/getwxacodeunlimit': { calls: 1 } },
  })
  const minute = `${new Date(json.now).toISOString().slice(0, 16)}Z`
  expect(json.apps.wx1.perMinute).toEqual({ [minute]: 1 })
})

test('tokens can be revoked', async () => {
  expect((await started.admin('POST', '/tokens/revoke', { appid: 'wx2' })).json).toEqual({ revoked: 0 })
  expect((await started.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  expect((await started.admin('POST', '/tokens/revoke')).json).toEqual({ revoked: 1 })
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(40001)
})

test('the clock can be set, moved and frozen', async () => {
  const put = async (body: object) => (await started.admin('PUT', '/clock', body)).json
  expect(await put({ set: '2030-01-01T00:00:00Z', frozen: true })).toMatchObject({
    now: Date.parse('2030-01-01T00:00:00Z'),
    iso: '2030-01-01T00:00:00.000Z',
    frozen: true,
  })
  expect((await put({ advanceMs: 1500 })).iso).toBe('2030-01-01T00:00:01.500Z')
  expect(await put({ offsetMs: 5000, frozen: false })).toMatchObject({ offsetMs: 5000, frozen: false })
})

test('a clock that goes back starts the windows anew', async () => {
  const own = await startWithToken({ perMinute: 1 })
  await own.admin('PUT', '/clock', { offsetMs: 600_000, frozen: true })
  await own.code({ scene: 's' })
  expect(errcodeOf(await own.code({ scene: 's' }))).toBe(45009)
  await own.admin('PUT', '/clock', { advanceMs: -300_000 })
  expect((await own.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  await own.close()
})

test('a reset brings everything back to the start, or what it names', async () => {
  await started.admin('PUT', '/faults', [{ kind: 'reset', match: { scene: 'x' } }])
  await started.admin('PUT', '/clock', { advanceMs: 9_000_000 })
  await started.code({ scene: 's' })
  await started.admin('POST', '/reset', { only: ['calls'] })
  expect((await started.admin('GET', '/calls')).json.calls).toEqual([])
  expect((await started.admin('GET', '/counters')).json.apps.wx1.calls).toBe(1)
  await started.admin('POST', '/reset')
  expect((await started.admin('GET', '/counters')).json.apps).toEqual({})
  expect((await started.admin('GET', '/faults')).json).toEqual([])
  expect((await started.admin('GET', '/clock')).json.offsetMs).toBe(0)
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(40001)
})

test('limits change while it runs, of one app or of all, and show', async () => {
  // Another minute would have room again.
  await started.admin('PUT', '/clock', { frozen: true })
  const one = await started.admin('PUT', '/limits', { appid: 'wx1', perMinute: 1 })
  expect(one.json).toEqual({ changed: true })
  await started.code({ scene: 's' })
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(45009)
  await started.admin('PUT', '/limits', { perMinute: 2, accountErrcode: 48001 })
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(48001)
  expect((await started.admin('GET', '/limits?appid=wx1')).json).toMatchObject({
    switches: { appid: 'wx1', perMinute: 2 },
    used: { unlimitedToday: 0, limitedLifetime: 0 },
  })
  expect((await started.admin('GET', '/limits')).json.switches.accountErrcode).toBe(48001)
  await started.admin('POST', '/reset', { only: ['limits'] })
  expect((await started.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
})

test('an intruder takes the token away as the clock goes', async () => {
  const { json } = await started.admin('PUT', '/intruder', { everyMs: 10_000, appid: 'wx1' })
  expect(json).toEqual({ order: { everyMs: 10_000, line: 'stable', appid: 'wx1' }, refreshes: 0 })
  await started.admin('PUT', '/clock', { advanceMs: 10_000 })
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(40001)
  expect((await started.admin('GET', '/intruder')).json.refreshes).toBe(1)
  expect((await started.admin('DELETE', '/intruder')).json.order).toBeNull()
  const stolen = await takeToken(started.simulator, 'wx1')
  await started.admin('PUT', '/clock', { advanceMs: 60_000 })
  expect(await takeToken(started.simulator, 'wx1')).toBe(stolen)
})

test('a scenario may be started and stopped while it runs', async () => {
  const steps = [{ after: 1, do: 'faults', with: [{ kind: 41030 }] }]
  await started.admin('PUT', '/scenario', { steps })
  expect((await started.code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  expect(errcodeOf(await started.code({ scene: 's' }))).toBe(41030)
  expect((await started.admin('GET', '/scenario')).json).toMatchObject({
    calls: 2,
    steps: [{ played: true }],
  })
  expect((await started.admin('DELETE', '/scenario')).json).toBeNull()
})

test.each<[string, string, unknown, string]>([
  ['PUT', '/limits', { perMinute: 0 }, 'limits.perMinute'],
  ['PUT', '/intruder', {}, 'intruder.everyMs'],
  ['PUT', '/scenario', { steps: [{ at: 0 }] }, 'steps[0].do'],
  ['PUT', '/faults', '{', 'the body'],
  ['PUT', '/faults', [{ kind: 'x' }], 'faults[0].kind'],
  ['PUT', '/clock', { set: 'noon' }, 'clock.set'],
  ['PUT', '/clock', { set: 1, advanceMs: 1 }, 'clock'],
  ['PUT', '/clock', { advance: 1 }, 'clock.advance'],
  ['POST', '/tokens/revoke', { line: 'x' }, 'body.line'],
  ['POST', '/reset', { only: ['everything'] }, 'body.only[0]'],
])('%s %s with %j is 400 and names the field', async (method, path, body, field) => {
  const { status, json } = await started.admin(method, path, body)
  expect(status).toBe(400)
  expect(json).toMatchObject({ field, expected: expect.any(String), got: expect.any(String) })
  expect(json.error).toContain(`${field}: expected`)
})

test('unknown paths and methods are told what there is', async () => {
  expect(await started.admin('GET', '/count')).toMatchObject({ status: 404 })
  expect((await started.admin('POST', '/faults')).json.error).toBe('/faults takes GET, PUT, DELETE, got POST')
})
