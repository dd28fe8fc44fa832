import { inspect } from 'node:util'
import { HaltFault, RetryFault, WaitFault } from '@sunpress/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from './http-client.js'
import { httpAnswer, type RawServer, startRawServer } from './testing/raw-server.js'
import { selfSigned } from './testing/self-signed.js'

const TOKEN = '92_VerySecretToken'
const PATH = `/wxa/getwxacodeunlimit?access_token=${TOKEN}`

let nowMs = 0
const clock = { monotonic: () => nowMs }
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  nowMs = 0
  for (const end of ends.splice(0).reverse()) await end()
})

async function server(tls?: { key: string; cert: string }): Promise<RawServer> {
  const raw = await startRawServer(tls)
  ends.push(() => raw.close())
  return raw
}

function client(baseUrl: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  const http = createHttpClient({ baseUrl, clock, random: () => 0.5, reserve: 0, ...options })
  ends.push(() => http.destroy())
  return http
}

/** One connection, which stays though the machine pauses. */
const PATIENT = { connections: 1, keepAliveMs: 120_000 }
/** Where nobody listens, and nobody can be given a port. */
const NOBODY = 'http://127.0.0.1:1'

const post = (http: HttpClient, more: object = {}) =>
  http.request({ method: 'POST', path: PATH, body: '{"a":1}', ...more })

const faultOf = async (promise: Promise<unknown>): Promise<WaitFault | RetryFault> => {
  const reason = await promise.then(
    () => new HaltFault('none', 'no fault'),
    (error: unknown) => error,
  )
  expect(inspect(reason, { depth: 9, showHidden: true })).not.toContain(TOKEN)
  return reason as WaitFault | RetryFault
}

describe('an exchange', () => {
  it('gives status, headers, bytes and declared length, and sends what it was told', async () => {
    const raw = await server()
    raw.answer = (socket) => socket.write(httpAnswer('{"x":1}', '503 Busy', 'X-Seq: 7\r\n'))
    const http = client(`${raw.url}/proxy/`)
    const answer = await post(http, { headers: { 'content-type': 'application/json' } })
    expect({ ...answer, bytes: Buffer.from(answer.bytes).toString() }).toMatchObject({
      status: 503,
      bytes: '{"x":1}',
      declaredLength: 7,
      headers: { 'x-seq': '7' },
    })
    expect(raw.requests[0]).toMatch(/^POST \/proxy\/wxa\/getwxacodeunlimit\?access_token=\S+ HTTP\/1\.1\r\n/)
    expect(raw.requests[0]).toContain('content-type: application/json\r\n')
    expect(raw.requests[0]).toMatch(/content-length: 7\r\n\r\n\{"a":1\}$/)
  })

  it('joins a chunked body and has no declared length for it', async () => {
    const raw = await server()
    raw.answer = (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
    const answer = await post(client(raw.url))
    expect(Buffer.from(answer.bytes).toString()).toBe('abcde')
    expect(answer.declaredLength).toBeNull()
  })
})

describe('a permit', () => {
  it('that has run out is not written: no byte, and the connection stays for the next call', async () => {
    const raw = await server()
    const http = client(raw.url, PATIENT)
    await post(http)
    const before = raw.bytes()
    nowMs = 101
    const fault = await faultOf(post(http, { notAfterMs: 100 }))
    expect(fault).toBeInstanceOf(WaitFault)
    expect(fault.code).toBe('permit_expired')
    await post(http, { notAfterMs: 102 })
    expect(raw.requests).toHaveLength(2)
    expect(raw.bytes()).toBe(before * 2)
    expect(raw.connections()).toBe(1)
  })

  it('that runs out while the connection is being made is not written either', async () => {
    const raw = await server()
    const http = client(raw.url)
    const asked = faultOf(post(http, { notAfterMs: 100 }))
    nowMs = 101
    expect((await asked).code).toBe('permit_expired')
    await http.close()
    await raw.until(() => raw.closed() === 1)
    expect(raw.bytes()).toBe(0)
    expect(raw.connections()).toBe(1)
  })

  it('that runs out in the queue of a busy client is not written either', async () => {
    const raw = await server()
    const answers: (() => void)[] = []
    raw.answer = (socket) => answers.push(() => socket.write(httpAnswer('ok')))
    const http = client(raw.url, { connections: 1 })
    const first = post(http)
    await raw.until(() => raw.requests.length === 1)
    const second = faultOf(post(http, { notAfterMs: 100 }))
    nowMs = 101
    answers[0]?.()
    await first
    expect((await second).code).toBe('permit_expired')
    expect(raw.requests).toHaveLength(1)
  })
})

describe('failures', () => {
  const broken: [string, (raw: RawServer) => void, string][] = [
    [
      'a body cut off by a clean end',
      (raw) => {
        raw.answer = (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')
      },
      'upstream_truncated',
    ],
    [
      'a chunked body cut off',
      (raw) => {
        raw.answer = (socket) =>
          socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab')
      },
      'upstream_truncated',
    ],
    [
      'a last answer shorter than declared',
      (raw) => {
        raw.answer = (socket) =>
          socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\nabc')
      },
      'upstream_truncated',
    ],
    [
      'a reset in the middle of a body',
      (raw) => {
        raw.answer = (socket) =>
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', () => socket.resetAndDestroy())
      },
      // The kernel may tell us the end before the reset.
      'upstream_(reset|truncated)',
    ],
    [
      'a connection closed without an answer',
      (raw) => {
        raw.answer = (socket) => socket.end()
      },
      'upstream_reset',
    ],
    [
      'a reset without an answer',
      (raw) => {
        raw.answer = (socket) => socket.resetAndDestroy()
      },
      'upstream_reset',
    ],
    [
      'an answer that is not HTTP',
      (raw) => {
        raw.answer = (socket) => socket.write('220 smtp.example.org ESMTP\r\n')
      },
      'upstream_malformed',
    ],
  ]
  it.each(broken)('%s', async (_, script, code) => {
    const raw = await server()
    script(raw)
    const fault = await faultOf(post(client(raw.url)))
    expect(fault).toBeInstanceOf(RetryFault)
    expect(fault.code).toMatch(new RegExp(`^${code}$`))
    expect(fault.message).toContain('POST /wxa/getwxacodeunlimit')
    expect(fault.cause).toBeInstanceOf(Error)
    expect(raw.requests).toHaveLength(1)
  })

  it('an answer without end times out by its total', async () => {
    const raw = await server()
    const http = client(raw.url, PATIENT)
    // On a connection that is there the request is written at once, before any timer.
    await post(http)
    raw.answer = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')
    const fault = await faultOf(post(http, { totalMs: 50 }))
    expect(fault).toBeInstanceOf(RetryFault)
    expect(fault.code).toBe('upstream_timeout')
    await raw.until(() => raw.closed() === 1)
  })

  it('a head that never comes times out by headersMs', async () => {
    const raw = await server()
    raw.answer = () => {}
    const fault = await faultOf(post(client(raw.url, { timeouts: { headersMs: 100 } })))
    expect(fault.code).toBe('upstream_timeout')
  })

  it('a declared size over the cap is refused before its body is read', async () => {
    const raw = await server()
    raw.answer = (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n')
    const fault = await faultOf(post(client(raw.url, { maxBytes: 1000 })))
    expect(fault).toBeInstanceOf(RetryFault)
    expect(fault.code).toBe('upstream_too_large')
    await raw.until(() => raw.closed() === 1)
  })

  it('an undeclared size over the cap is refused while it is read', async () => {
    const raw = await server()
    raw.answer = (socket) => socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${'x'.repeat(1001)}`)
    const fault = await faultOf(post(client(raw.url, { maxBytes: 1000 })))
    expect(fault.code).toBe('upstream_too_large')
    await raw.until(() => raw.closed() === 1)
  })

  it('no connection costs no attempt and is tried again in 1 to 5 seconds', async () => {
    const fault = (await faultOf(post(client(NOBODY)))) as WaitFault
    expect(fault).toBeInstanceOf(WaitFault)
    expect(fault.code).toBe('upstream_unreachable')
    expect(fault.afterMs).toBe(3_000)
    expect(fault.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('a certificate that nobody vouches for is no connection', async () => {
    const raw = await server(selfSigned())
    const fault = await faultOf(post(client(raw.url)))
    expect(fault.code).toBe('upstream_unreachable')
    expect(raw.bytes()).toBe(0)
  })

  it('a total that ends while waiting for a connection costs no attempt, and the request is never written', async () => {
    const raw = await server()
    const answers: (() => void)[] = []
    raw.answer = (socket) => answers.push(() => socket.write(httpAnswer('ok')))
    const http = client(raw.url, { connections: 1 })
    const first = post(http)
    await raw.until(() => raw.requests.length === 1)
    expect((await faultOf(post(http, { totalMs: 10 }))).code).toBe('upstream_unreachable')
    const third = post(http)
    answers[0]?.()
    await first
    await raw.until(() => raw.requests.length === 2)
    answers[1]?.()
    await third
    expect(raw.requests).toHaveLength(2)
  })
})

describe('an abort', () => {
  it('before the start writes nothing and rejects with the reason', async () => {
    const raw = await server()
    const reason = new Error('draining')
    await expect(post(client(raw.url), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(raw.connections()).toBe(0)
  })

  it('during the answer breaks the connection off and rejects with the reason', async () => {
    const raw = await server()
    raw.answer = () => {}
    const abort = new AbortController()
    const asked = post(client(raw.url), { signal: abort.signal })
    await raw.until(() => raw.requests.length === 1)
    const reason = new Error('draining')
    abort.abort(reason)
    await expect(asked).rejects.toBe(reason)
    await raw.until(() => raw.closed() === 1)
  })
})

describe('the warm reserve', () => {
  it.each([
    ['TCP', undefined],
    ['TLS', selfSigned()],
  ])('hands out %s connections made ahead, and refills in the background', async (_, tls) => {
    const raw = await server(tls)
    const http = client(raw.url, { reserve: 2, ...(tls === undefined ? {} : { ca: tls.cert }) })
    expect(await http.warm(3)).toBe(3)
    await raw.until(() => raw.connections() === 3)
    raw.answer = () => {}
    const asked = [1, 2].map(() => post(http))
    await raw.until(() => raw.requests.length === 2)
    // Of 3 in reserve 2 are in use; the one left and one more make up the reserve of 2.
    await raw.until(() => raw.connections() === 4)
    raw.answer = (socket) => socket.write(httpAnswer('ok'))
    await post(http)
    await raw.until(() => raw.connections() === 5)
    for (const socket of raw.open) socket.write(httpAnswer('ok'))
    expect((await Promise.all(asked)).map((answer) => answer.status)).toEqual([200, 200])
  })

  it.each([
    ['TCP', undefined],
    ['TLS', selfSigned()],
  ])('never hands out a %s connection that the server has closed', async (_, tls) => {
    const raw = await server(tls)
    const http = client(raw.url, tls === undefined ? {} : { ca: tls.cert })
    expect(await http.warm(2)).toBe(2)
    await raw.until(() => raw.open.size === 2)
    for (const socket of raw.open) socket.end()
    // The server sees both gone only once the client has answered the end with its own.
    await raw.until(() => raw.open.size === 0)
    expect((await post(http)).status).toBe(200)
    expect(raw.connections()).toBe(3)
  })

  it('never hands out a connection that has idled for too long', async () => {
    const raw = await server()
    const http = client(raw.url)
    await http.warm(2)
    nowMs = 15_001
    await post(http)
    await raw.until(() => raw.open.size === 1)
    expect(raw.connections()).toBe(3)
  })

  it('fails nothing when there is nobody to connect to', async () => {
    expect(await client(NOBODY).warm(3)).toBe(0)
  })

  it('is gone after close', async () => {
    const raw = await server()
    const http = client(raw.url)
    await http.warm(2)
    await http.close()
    await raw.until(() => raw.connections() === 2 && raw.open.size === 0)
  })
})

it('opens only the connections it needs, and lets requests end on close', async () => {
  const raw = await server()
  const answers: (() => void)[] = []
  raw.answer = (socket) => answers.push(() => socket.write(httpAnswer('ok')))
  const http = client(raw.url, { connections: 1_300 })
  const asked = Array.from({ length: 5 }, () => post(http))
  await raw.until(() => raw.requests.length === 5)
  const closed = http.close()
  for (const answer of answers) answer()
  expect((await Promise.all(asked)).every((answer) => answer.status === 200)).toBe(true)
  await closed
  expect(raw.connections()).toBe(5)
})
