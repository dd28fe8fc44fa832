import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readNote } from './picture/note.js'
import { call, errcodeOf, type Started, startWithToken, takeToken } from './testing/caller.js'

let started: Started

beforeAll(async () => {
  started = await startWithToken()
})
afterEach(async () => {
  await started.admin('POST', '/reset', { only: ['faults', 'counters', 'calls'] })
})
afterAll(() => started.close())

const GOOD = { scene: 's=1', page: 'pages/a', width: 280 }

/** The answer to one call under one fault. */
async function under(fault: object, fields: object = GOOD) {
  const ordered = await started.admin('PUT', '/faults', [fault])
  expect(ordered.status).toBe(200)
  return started.code(fields)
}

async function wholePicture() {
  await started.admin('DELETE', '/faults')
  return (await started.code(GOOD)).body
}

test.each([
  [{ kind: 'system_error' }, -1],
  [{ kind: '-1' }, -1],
  [{ kind: 45009 }, 45009],
  [{ kind: '45011' }, 45011],
  [{ kind: 'errcode', errcode: 48001 }, 48001],
])('%j answers errcode %i', async (fault, errcode) => {
  expect(errcodeOf(await under(fault))).toBe(errcode)
})

test('an errmsg may be given', async () => {
  const answer = await under({ kind: 40164, errmsg: 'invalid ip 9.9.9.9' })
  expect(answer.body.toString('utf8')).toMatch(/^\{"errcode":40164,"errmsg":"invalid ip 9\.9\.9\.9 rid: /)
})

test('empty_200 is an image of no bytes', async () => {
  const answer = await under({ kind: 'empty_200' })
  expect(answer).toMatchObject({ status: 200, broken: undefined })
  expect(answer.headers).toMatchObject({ 'content-type': 'image/jpeg', 'content-length': '0' })
  expect(answer.body.length).toBe(0)
})

test('cut_short_right_length is half a picture that claims to be all of it', async () => {
  const whole = await wholePicture()
  const answer = await under({ kind: 'cut_short_right_length' })
  expect(answer.broken).toBeUndefined()
  expect(answer.headers['content-length']).toBe(String(Math.floor(whole.length / 2)))
  expect(answer.body.equals(whole.subarray(0, Math.floor(whole.length / 2)))).toBe(true)
})

test('cut_short_wrong_length promises the whole, sends less and resets', async () => {
  const whole = await wholePicture()
  await started.admin('PUT', '/faults', [{ kind: 'cut_short_wrong_length' }])
  const { text, closed } = await rawCall()
  expect(text).toContain(`Content-Length: ${whole.length}\r\n`)
  expect(text.length).toBeLessThan(whole.length)
  // A reader that is late sees the reset as an end: libuv reports EOF when both come at once.
  expect(['ECONNRESET', 'end']).toContain(closed)
})

/** One call over a bare keep-alive connection: all that came as Latin-1, and how it was closed: by an end or an error. */
function rawCall(): Promise<{ text: string; closed: string | undefined }> {
  const body = JSON.stringify(GOOD)
  const path = `/wxa/getwxacodeunlimit?access_token=${started.token}`
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(started.simulator.url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', (fault: NodeJS.ErrnoException) => resolve({ text, closed: fault.code }))
    socket.on('end', () => resolve({ text, closed: 'end' }))
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
}

test('json_as_image is an error under image/jpeg', async () => {
  const answer = await under({ kind: 'json_as_image', errcode: 40001 })
  expect(answer.headers['content-type']).toBe('image/jpeg')
  expect(errcodeOf(answer)).toBe(40001)
})

test('png_as_jpeg is a whole PNG where a JPEG was due', async () => {
  const answer = await under({ kind: 'png_as_jpeg' })
  expect(answer.headers['content-type']).toBe('image/jpeg')
  expect(answer.body.subarray(1, 4).toString('latin1')).toBe('PNG')
  expect(readNote(answer.body)).toMatchObject({ params: { scene: 's=1' } })
})

test('html_page is HTML with status 200', async () => {
  const answer = await under({ kind: 'html_page' })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html'])
})

test.each([502, 503, 504])('%i is that status with a page', async (kind) => {
  const answer = await under({ kind })
  expect(answer.status).toBe(kind)
  expect(answer.body.toString('utf8')).toContain(`<h1>${kind} `)
})

test('reset ends the connection without a byte, by a reset and not by an end', async () => {
  await started.admin('PUT', '/faults', [{ kind: 'reset' }])
  expect(await rawCall()).toEqual({ text: '', closed: 'ECONNRESET' })
})

test('slow_headers and slow_body bring the whole picture late', async () => {
  const whole = await wholePicture()
  for (const kind of ['slow_headers', 'slow_body']) {
    const begin = performance.now()
    const answer = await under({ kind, delayMs: 120 })
    expect(performance.now() - begin).toBeGreaterThanOrEqual(118)
    expect(answer.body.equals(whole)).toBe(true)
  }
})

test('any fault may be delayed', async () => {
  const begin = performance.now()
  expect(errcodeOf(await under({ kind: -1, delayMs: 60 }))).toBe(-1)
  expect(performance.now() - begin).toBeGreaterThanOrEqual(58)
})

test('token_revoked ends the token in use; a new one works again', async () => {
  const own = await startWithToken()
  await own.admin('PUT', '/faults', [{ kind: 'token_revoked', count: 1 }])
  expect(errcodeOf(await own.code(GOOD))).toBe(40001)
  expect(errcodeOf(await own.code(GOOD))).toBe(40001)
  const token = await takeToken(own.simulator, 'wx1')
  const again = await call(`${own.simulator.url}/wxa/getwxacodeunlimit?access_token=${token}`, { body: GOOD })
  expect(again.headers['content-type']).toBe('image/jpeg')
  await own.close()
})

test('a sticky fault holds for its scenes and leaves the others alone', async () => {
  await started.admin('PUT', '/faults', [{ kind: 'empty_200', match: { scene: { regex: '^bad' } } }])
  for (const scene of ['bad1', 'good', 'bad1', 'bad2']) {
    const { body } = await started.code({ scene })
    expect(body.length > 0).toBe(scene === 'good')
  }
})

test('a token route is hit when it is named', async () => {
  await started.admin('PUT', '/faults', [{ kind: 40164, match: { path: '/cgi-bin/stable_token' }, count: 1 }])
  const body = { grant_type: 'client_credential', appid: 'wx1', secret: 's' }
  const url = `${started.simulator.url}/cgi-bin/stable_token`
  expect(errcodeOf(await call(url, { body }))).toBe(40164)
  expect(errcodeOf(await call(url, { body }))).toBeUndefined()
})

test('only whole pictures count as successes of a scene', async () => {
  for (const kind of ['cut_short_right_length', 'json_as_image', 'reset', 'png_as_jpeg', 'empty_200']) {
    await under({ kind })
  }
  await under({ kind: 'slow_body', delayMs: 1 })
  const { json } = await started.admin('GET', '/counters?scenes=true')
  expect(json.apps.wx1).toMatchObject({ calls: 6, pictures: 1, sceneSuccesses: { 's=1': 1 } })
  expect(json.apps.wx1.faults).toMatchObject({ reset: 1, slow_body: 1, empty_200: 1 })
})
