import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedFetch, type GuardedAnswer, type GuardedFetchOptions } from './ssrf-fetch.js'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function serve(listener: RequestListener): Promise<{ host: string; url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}/rows` }
}

function open(options: Partial<GuardedFetchOptions> & { allowPrivate: readonly string[] }) {
  const fetch = createGuardedFetch(options)
  endings.push(() => fetch.close())
  return fetch
}

async function textOf({ body }: GuardedAnswer): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** A name server that gives what it is told, one answer after the other. */
const resolving =
  (...addresses: string[]): LookupFunction =>
  (_name, options, done) => {
    const address = addresses.length > 1 ? (addresses.shift() ?? '') : (addresses[0] ?? '')
    if (options.all === true) done(null, [{ address, family: 4 }])
    else done(null, address, 4)
  }

describe('a fetch of an address that somebody chose', () => {
  it('reads from a host that is allowed, with the headers given, and asks for no compression', async () => {
    let seen: Record<string, unknown> = {}
    const { host, url } = await serve((request, response) => {
      seen = request.headers
      response.setHeader('etag', '"1"').end('s=1\n')
    })
    const answer = await open({ allowPrivate: [host] }).get({ url, headers: { 'x-key': 'secret' } })
    expect(await textOf(answer)).toBe('s=1\n')
    expect(answer).toMatchObject({ status: 200, url, headers: { etag: '"1"' } })
    expect(seen).toMatchObject({ 'x-key': 'secret', 'accept-encoding': 'identity' })
  })

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://10.0.0.1:8443/',
  ])('refuses %s', async (url) => {
    await expect(open({ allowPrivate: [] }).get({ url })).rejects.toMatchObject({
      kind: 'refuse',
      code: 'source_address',
    })
  })

  it('refuses a name whose address is private, and one of whose addresses is', async () => {
    const asked = (lookup: LookupFunction) =>
      open({ allowPrivate: [], lookup }).get({ url: 'https://shop.example/x?key=1' })
    await expect(asked(resolving('10.0.0.1'))).rejects.toMatchObject({ code: 'source_address' })
    const two: LookupFunction = (_name, _options, done) =>
      done(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    const refusal = await asked(two).catch((fault: Error) => fault)
    expect(refusal).toMatchObject({ code: 'source_address' })
    // The query may hold a secret.
    expect(String((refusal as Error).message)).not.toContain('key')
  })

  it('asks plain http of allowed hosts alone', async () => {
    const { url } = await serve((_request, response) => response.end('never'))
    await expect(open({ allowPrivate: [] }).get({ url })).rejects.toMatchObject({ code: 'source_url' })
    for (const bad of ['ftp://a.example/', 'https://u:p@a.example/', 'no address'])
      await expect(open({ allowPrivate: [] }).get({ url: bad })).rejects.toMatchObject({ code: 'source_url' })
  })

  it('follows redirects within what is allowed, and keeps the secret headers from other origins', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers['x-key'] as string | undefined)
      response.end('there')
    })
    const { host, url } = await serve((request, response) => {
      seen.push(request.headers['x-key'] as string | undefined)
      response.writeHead(302, { location: request.url === '/rows' ? '/again' : other.url }).end()
    })
    const answer = await open({ allowPrivate: [host, other.host] }).get({
      url,
      headers: { 'x-key': 'secret' },
    })
    expect(await textOf(answer)).toBe('there')
    expect(answer.url).toBe(other.url)
    expect(seen).toEqual(['secret', 'secret', undefined])
  })

  it('sends a tag only to the address that it is for, on whatever origin', async () => {
    const seen: (readonly [string | undefined, string | undefined])[] = []
    const other = await serve((request, response) => {
      seen.push([request.url, request.headers['if-none-match']])
      response.writeHead(304).end()
    })
    const { host, url } = await serve((request, response) => {
      seen.push([request.url, request.headers['if-none-match']])
      response.writeHead(302, { location: request.url === '/rows' ? '/again' : other.url }).end()
    })
    const fetch = open({ allowPrivate: [host, other.host] })
    const answer = await fetch.get({ url, ifNoneMatch: (at) => (at === other.url ? '"1"' : null) })
    expect(answer).toMatchObject({ status: 304, url: other.url })
    await answer.body.cancel()
    expect(seen).toEqual([
      ['/rows', undefined],
      ['/again', undefined],
      ['/rows', '"1"'],
    ])
  })

  it('refuses a redirect to a private address, and one without end', async () => {
    const { host, url } = await serve((request, response) =>
      response
        .writeHead(307, { location: request.url === '/rows' ? 'https://169.254.169.254/' : request.url })
        .end(),
    )
    const fetch = open({ allowPrivate: [host] })
    await expect(fetch.get({ url })).rejects.toMatchObject({ kind: 'refuse', code: 'source_address' })
    await expect(fetch.get({ url: `http://${host}/loop` })).rejects.toMatchObject({
      code: 'source_redirects',
    })
  })

  it('ends when more comes than is wanted, when too little comes, and when nothing comes', async () => {
    const { host, url } = await serve((request, response) => {
      if (request.url === '/rows') return void response.end('x'.repeat(1_000))
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' }).write('half')
        setImmediate(() => response.destroy())
      }
    })
    const fetch = open({ allowPrivate: [host], maxBytes: 999 })
    await expect(fetch.get({ url }).then(textOf)).rejects.toMatchObject({
      kind: 'retry',
      code: 'source_too_large',
    })
    await expect(fetch.get({ url: `http://${host}/cut` }).then(textOf)).rejects.toMatchObject({
      code: 'source_cut_off',
    })
    const impatient = open({ allowPrivate: [host], idleMs: 300 })
    await expect(impatient.get({ url: `http://${host}/silence` })).rejects.toMatchObject({
      code: 'source_unreachable',
    })
  })

  it('ends at its total time though pieces keep coming', async () => {
    const timers: NodeJS.Timeout[] = []
    const { host, url } = await serve((_request, response) => {
      timers.push(setInterval(() => response.write('x'), 20))
    })
    const fetch = open({ allowPrivate: [host], totalMs: 200 })
    // A slow machine may not have the head in that time.
    const code = expect.stringMatching(/^source_(cut_off|unreachable)$/)
    await expect(fetch.get({ url }).then(textOf)).rejects.toMatchObject({ kind: 'retry', code })
    for (const timer of timers) clearInterval(timer)
  })

  it('rejects with the reason of whoever breaks it off', async () => {
    const { host, url } = await serve(() => {})
    const stopping = new AbortController()
    const asked = open({ allowPrivate: [host] }).get({ url, signal: stopping.signal })
    stopping.abort(new Error('stopping'))
    await expect(asked).rejects.toThrow('stopping')
  })
})
