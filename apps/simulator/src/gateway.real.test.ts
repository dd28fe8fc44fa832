import { Agent } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readNote } from './picture/note.js'
import { startSimulator } from './simulator.js'
import { call, errcodeOf, type Started, startWithToken, takeToken } from './testing/caller.js'
import { decodeJpeg } from './testing/decode-jpeg.js'

let started: Started

beforeEach(async () => {
  started = await startWithToken({ apps: [{ appid: 'wx1', secret: 's', pages: ['pages/a'], perMinute: 50 }] })
})
afterEach(() => started.close())

test('a code comes as one JPEG of the width asked, and says for which scene', async () => {
  const agent = new Agent({ keepAlive: true })
  const answer = await started.code({ scene: 's=1', page: 'pages/a', width: 300 }, { agent })
  agent.destroy()
  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'image/jpeg',
    'content-length': String(answer.body.length),
    connection: 'keep-alive',
  })
  expect(answer.headers['keep-alive']).toBeUndefined()
  expect(answer.headers['transfer-encoding']).toBeUndefined()
  expect(decodeJpeg(answer.body)).toMatchObject({ width: 300, height: 300, bytesLeft: 0 })
  expect(readNote(answer.body)).toMatchObject({
    appid: 'wx1',
    endpoint: 'getwxacodeunlimit',
    carriesScene: true,
    params: { scene: 's=1', page: 'pages/a', width: 300, check_path: true, env_version: 'release' },
  })
})

test('the same call is answered with the same bytes, another scene with others', async () => {
  const bodies = await Promise.all(
    ['s=1', 's=1', 's=2'].map(async (scene) => (await started.code({ scene })).body.toString('base64')),
  )
  expect(bodies[0]).toBe(bodies[1])
  expect(bodies[0]).not.toBe(bodies[2])
})

test('a hyaline code is a PNG under image/jpeg', async () => {
  const answer = await started.code({ scene: 's=1', is_hyaline: true })
  expect(answer.headers['content-type']).toBe('image/jpeg')
  expect(answer.body.subarray(0, 4).toString('hex')).toBe('89504e47')
  expect(answer.body.readUInt32BE(16)).toBe(430)
  expect(readNote(answer.body)).toMatchObject({ carriesScene: false, params: { scene: 's=1' } })
})

test('an error is HTTP 200, compact JSON of exact length, with the time in its rid', async () => {
  await started.admin('PUT', '/clock', { set: '2026-01-01T00:00:00Z', frozen: true })
  const answer = await started.code({ scene: 'a b' })
  expect(answer.status).toBe(200)
  expect(answer.body.length).toBe(74)
  const names = answer.rawHeaders.filter((_, i) => i % 2 === 0)
  expect(names).toEqual(['Date', 'Content-Type', 'Content-Length', 'Connection'])
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json; encoding=utf-8',
    'content-length': '74',
  })
  const text = answer.body.toString('utf8')
  const [, seconds = ''] = /^\{"errcode":40129,"errmsg":"invalid scene rid: ([0-9a-f]{8})-/.exec(text) ?? []
  expect(Number.parseInt(seconds, 16)).toBe(Date.parse('2026-01-01T00:00:00Z') / 1000)
})

test('errors of the door: path, method, token', async () => {
  const { url } = started.simulator
  const body = { scene: 's' }
  expect(errcodeOf(await call(`${url}/wxa/nothing?access_token=x`, { body }))).toBe(40066)
  expect(errcodeOf(await started.code('', { method: 'GET' }))).toBe(43002)
  expect(errcodeOf(await call(`${url}/wxa/getwxacodeunlimit`, { body }))).toBe(41001)
  expect(errcodeOf(await call(`${url}/wxa/getwxacodeunlimit?access_token=`, { body }))).toBe(41001)
  expect(errcodeOf(await call(`${url}/wxa/getwxacodeunlimit?access_token=x`, { body }))).toBe(40001)
  const inBody = { scene: 's', access_token: started.token }
  expect(errcodeOf(await call(`${url}/wxa/getwxacodeunlimit`, { body: inBody }))).toBe(41001)
  expect(errcodeOf(await started.code(inBody))).toBe(47001)
  expect(errcodeOf(await started.code(''))).toBe(44002)
  expect(errcodeOf(await started.code('scene=s'))).toBe(47001)
  expect(errcodeOf(await started.code({ scene: 's', page: 'pages/b' }))).toBe(41030)
})

test('a body of one byte more than 1 MiB is 45002, however much more may come', async () => {
  const padded = (bytes: number) => '{"scene":"s"}'.padEnd(bytes)
  expect((await started.code(padded(2 ** 20))).headers['content-type']).toBe('image/jpeg')
  expect(errcodeOf(await started.code(padded(2 ** 20 + 1)))).toBe(45002)
  expect(errcodeOf(await started.code(padded(5 * 2 ** 20)))).toBe(45002)
})

test('an escaped ampersand is not decoded', async () => {
  expect(errcodeOf(await started.code('{"scene":"a=1\\u0026b=2"}'))).toBe(40129)
  expect((await started.code('{"scene":"a=1&b=2"}')).headers['content-type']).toBe('image/jpeg')
})

test('credentials are checked: grant type, appid, secret, account', async () => {
  const { url } = started.simulator
  const stable = async (over: object) => {
    const body = { grant_type: 'client_credential', appid: 'wx1', secret: 's', ...over }
    return errcodeOf(await call(`${url}/cgi-bin/stable_token`, { body }))
  }
  expect(await stable({})).toBeUndefined()
  expect(await stable({ grant_type: 'x' })).toBe(40002)
  expect(await stable({ appid: '' })).toBe(41002)
  expect(await stable({ secret: '' })).toBe(41004)
  expect(await stable({ appid: 'wx9' })).toBe(40013)
  expect(await stable({ secret: 'no' })).toBe(40125)
  expect(await stable({ force_refresh: 'true' })).toBe(47001)
  expect(errcodeOf(await call(`${url}/cgi-bin/stable_token`, { method: 'GET' }))).toBe(43002)
  const classic = `${url}/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=`
  expect(errcodeOf(await call(`${classic}no`, { method: 'GET' }))).toBe(40125)
  const minted = await call(`${classic}s`, { method: 'GET' })
  expect(JSON.parse(minted.body.toString('utf8'))).toEqual({
    access_token: expect.any(String),
    expires_in: 7200,
  })
})

test('tokens age by the virtual clock: rolled over, forced out, expired', async () => {
  const { simulator, token, code, admin } = started
  await admin('PUT', '/clock', { advanceMs: 6_950_000 })
  const rolled = await takeToken(simulator, 'wx1')
  expect(rolled).not.toBe(token)
  expect((await code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  await admin('PUT', '/clock', { advanceMs: 251_000 })
  expect(errcodeOf(await code({ scene: 's' }))).toBe(42001)
  const forced = await takeToken(simulator, 'wx1', true)
  expect(forced).not.toBe(rolled)
  const old = `${simulator.url}/wxa/getwxacodeunlimit?access_token=${rolled}`
  expect(errcodeOf(await call(old, { body: { scene: 's' } }))).toBe(40001)
})

test('beyond the limit of the minute it is 45009 until the next clock minute', async () => {
  const { code, admin } = started
  await admin('PUT', '/clock', { set: '2026-01-01T00:00:30Z', frozen: true })
  for (let i = 0; i < 50; i++) await code({ scene: '' })
  expect(errcodeOf(await code({ scene: 's' }))).toBe(45009)
  await admin('PUT', '/clock', { advanceMs: 30_000 })
  expect((await code({ scene: 's' })).headers['content-type']).toBe('image/jpeg')
  expect((await code({ scene: 's' })).headers.date).toBe('Thu, 01 Jan 2026 00:01:00 GMT')
})

test('an appid too long to be one is refused', async () => {
  const body = { grant_type: 'client_credential', appid: 'w'.repeat(70_000), secret: 's' }
  const open = await startSimulator()
  expect(errcodeOf(await call(`${open.url}/cgi-bin/stable_token`, { body }))).toBe(40013)
  await open.close()
})

test('whoever names an app that does not exist is counted as nobody', async () => {
  const { url } = started.simulator
  for (const appid of ['wx8', 'wx9']) {
    const body = { grant_type: 'client_credential', appid, secret: 's' }
    expect(errcodeOf(await call(`${url}/cgi-bin/stable_token`, { body }))).toBe(40013)
  }
  const { json } = await started.admin('GET', '/counters')
  expect(Object.keys(json.apps).sort()).toEqual(['', 'wx1'])
  expect(json.apps[''].errcodes).toEqual({ '40013': 2 })
})

test('a close drops the steps of a scenario that are still to come', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const step = { at: 3_600_000, do: 'reset' }
  const own = await startSimulator({ scenario: { steps: Array(100).fill(step) } })
  expect(timers()).toBeGreaterThanOrEqual(before + 90)
  await own.close()
  expect(timers()).toBeLessThan(before + 50)
})

test('a scenario that can not be read is refused before anything listens', async () => {
  await expect(startSimulator({ scenario: { steps: [{ at: 0, do: 'x' }] } })).rejects.toThrow('steps[0].do')
})

test('answers wait for the latency', async () => {
  const slow = await startSimulator({ latencyMs: 80, jitterMs: 10 })
  const begin = performance.now()
  await takeToken(slow, 'wx1')
  expect(performance.now() - begin).toBeGreaterThanOrEqual(79)
  await slow.close()
})

test('a close ends calls that still wait, and closing twice is no harm', async () => {
  const slow = await startSimulator({ latencyMs: 3_600_000 })
  const waiting = call(`${slow.url}/cgi-bin/stable_token`, { body: {} })
  const arrived = call(`${slow.adminUrl}/healthz`, { method: 'GET' })
  await arrived
  await slow.close()
  await slow.close()
  expect(await waiting).toMatchObject({ status: 0, broken: expect.any(String) })
})

test('a call that is broken off within its body counts as arrived, and as aborted', async () => {
  const { url } = started.simulator
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const path = `/wxa/getwxacodeunlimit?access_token=${started.token}`
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"scene":`)
  const calls = async () => (await started.admin('GET', '/calls')).json.calls
  await expect.poll(calls).toMatchObject([{ outcome: 'pending' }])
  socket.destroy()
  await expect.poll(calls).toMatchObject([{ outcome: 'aborted', appid: 'wx1' }])
})

test('a connection serves many calls, errors among them', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  agent.on('free', (socket) => ports.add(socket.localPort))
  for (const scene of ['a', '', 'b c', 'd']) await started.code({ scene }, { agent })
  agent.destroy()
  expect(ports.size).toBe(1)
})
