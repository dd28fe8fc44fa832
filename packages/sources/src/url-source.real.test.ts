import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGuardedFetch } from '@sunpress/http'
import { afterEach, describe, expect, it } from 'vitest'
import { openUrl, type UrlAsk } from './url-source.js'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** A company's endpoint, and a way to ask it. */
async function company(listener: RequestListener, others: readonly string[] = []) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const fetch = createGuardedFetch({ allowPrivate: [host, ...others] })
  endings.push(() => fetch.close())
  const ask = (change: Partial<UrlAsk> = {}) =>
    openUrl(fetch, {
      url: `http://${host}/rows`,
      format: 'ndjson',
      headers: {},
      etagOf: () => null,
      ...change,
    })
  return { host, seen, ask }
}

async function pagesOf(opened: Awaited<ReturnType<typeof openUrl>>) {
  const pages: { text: string; etag: string | null; isOnly: boolean }[] = []
  if (opened.kind === 'unchanged') return 'unchanged'
  for await (const { bytes, etag, isOnly } of opened.pages) {
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes) chunks.push(chunk)
    pages.push({ text: Buffer.concat(chunks).toString(), etag, isOnly })
  }
  return pages
}

describe('rows of an endpoint', () => {
  it('are asked for by their media type and with the headers of the schedule', async () => {
    const { ask, seen } = await company((_request, response) =>
      response.setHeader('etag', '"v1"').end('"s=1"\n'),
    )
    const pages = await pagesOf(await ask({ headers: { authorization: 'Bearer x' } }))
    expect(pages).toEqual([{ text: '"s=1"\n', etag: '"v1"', isOnly: true }])
    expect(seen[0]?.headers).toMatchObject({ accept: 'application/x-ndjson', authorization: 'Bearer x' })
    expect(seen[0]?.headers['if-none-match']).toBeUndefined()
  })

  it('that are as they were are not sent again', async () => {
    const { ask } = await company((request, response) => {
      response.statusCode = request.headers['if-none-match'] === '"v1"' ? 304 : 200
      response.end()
    })
    expect(await pagesOf(await ask({ etagOf: () => '"v1"' }))).toBe('unchanged')
    expect(await pagesOf(await ask({ etagOf: () => '"v0"' }))).toHaveLength(1)
  })

  it('come page by page, by their links, with the headers on each', async () => {
    const { ask, seen } = await company((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 1)
      if (page < 3) response.setHeader('link', `</rows?page=${page + 1}>; rel="next"`)
      response.setHeader('etag', `"p${page}"`).end(`"s=${page}"\n`)
    })
    const pages = await pagesOf(await ask({ headers: { 'x-key': 'k' } }))
    expect(pages).toMatchObject([
      { text: '"s=1"\n', isOnly: false },
      { text: '"s=2"\n', isOnly: false },
      { text: '"s=3"\n', isOnly: false },
    ])
    expect(seen.map(({ headers }) => headers['x-key'])).toEqual(['k', 'k', 'k'])
  })

  it('come on the origin that a redirect led to, or back on their own, which alone gets the headers', async () => {
    const other = await company((request, response) => {
      const more = request.url === '/rows' ? '</two>' : request.url === '/two' ? `<${backTo}>` : null
      if (more !== null) response.setHeader('link', `${more}; rel="next"`)
      response.end(`"${request.url}"\n`)
    })
    const own = await company(
      (request, response) => {
        if (request.url === '/three') return void response.end('"three"\n')
        response.writeHead(302, { location: `http://${other.host}/rows` }).end()
      },
      [other.host],
    )
    const backTo = `http://${own.host}/three`
    const pages = await pagesOf(await own.ask({ headers: { 'x-key': 'k' } }))
    expect(pages).toMatchObject([{ text: '"/rows"\n' }, { text: '"/two"\n' }, { text: '"three"\n' }])
    const told = ({ seen }: typeof own) => seen.map(({ url, headers }) => [url, headers['x-key']])
    expect(told(own)).toEqual([
      ['/rows', 'k'],
      ['/three', 'k'],
    ])
    expect(told(other)).toEqual([
      ['/rows', undefined],
      ['/two', undefined],
    ])
  })

  it('are refused where a page behind a redirect leads to a third origin, or to itself', async () => {
    const third = await company((_request, response) => response.end('"s=1"\n'))
    const ways: Readonly<Record<string, string>> = { '/away': `http://${third.host}/rows`, '/self': '/self' }
    const other = await company((request, response) =>
      response.setHeader('link', `<${ways[request.url ?? '']}>; rel="next"`).end('"s=1"\n'),
    )
    for (const way of Object.keys(ways)) {
      const own = await company(
        (_request, response) => response.writeHead(302, { location: `http://${other.host}${way}` }).end(),
        [other.host, third.host],
      )
      await expect(own.ask().then(pagesOf)).rejects.toMatchObject({ kind: 'refuse', code: 'source_paging' })
    }
    expect([other.seen.length, third.seen.length]).toEqual([2, 0])
  })

  it('never go in a circle, nor to another host', async () => {
    const circle = await company((_request, response) =>
      response.setHeader('link', '</rows>; rel="next"').end('"s=1"\n'),
    )
    await expect(circle.ask().then(pagesOf)).rejects.toMatchObject({ kind: 'refuse', code: 'source_paging' })
    expect(circle.seen.length).toBe(1)
    const away = await company((_request, response) =>
      response.setHeader('link', '<https://elsewhere.example/rows>; rel="next"').end('"s=1"\n'),
    )
    await expect(away.ask().then(pagesOf)).rejects.toMatchObject({ kind: 'refuse', code: 'source_paging' })
  })

  it.each([401, 404, 500, 503, 304])('may come later when the answer is %i', async (status) => {
    const { ask } = await company((_request, response) => response.writeHead(status).end())
    await expect(ask()).rejects.toMatchObject({ kind: 'retry', code: 'source_status' })
  })

  it('that are compressed are refused', async () => {
    const { ask } = await company((_request, response) =>
      response.setHeader('content-encoding', 'gzip').end('x'),
    )
    await expect(ask()).rejects.toMatchObject({ kind: 'refuse', code: 'source_encoding' })
  })

  it('that end early are a fault, on a later page too', async () => {
    const { ask } = await company((request, response) => {
      if (request.url === '/rows') return void response.setHeader('link', '</two>; rel="next"').end('"s=1"\n')
      response.writeHead(200, { 'content-length': '100' }).write('"s=2"\n')
      setImmediate(() => response.destroy())
    })
    await expect(ask().then(pagesOf)).rejects.toMatchObject({ kind: 'retry', code: 'source_cut_off' })
  })
})
