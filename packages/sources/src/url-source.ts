/**
 * Rows of an endpoint, page by page. Doesn't read them: a page is bytes. Follows `Link: rel="next"` on the origin that was asked,
 * or on that of the page that names it, and never in a circle. Promises nothing about the server: what ends early, or isn't 200,
 * is a fault.
 */
import { RefuseFault, RetryFault, type RowFormat } from '@sunpress/core'
import type { GuardedAnswer, GuardedFetch } from '@sunpress/http'
import { nextLink } from './url-link.js'

export interface SourcePage {
  /** The server's word for this state of the page. */
  readonly etag: string | null
  /** Where it came from, behind redirects; null for what has no address. */
  readonly url: string | null
  /** True when nothing follows the first page: then its etag speaks for the whole source. */
  readonly isOnly: boolean
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface UrlAsk {
  readonly url: string
  readonly format: RowFormat
  /** Names in lower case, with their values: for the origin of `url`, and no other. */
  readonly headers: Readonly<Record<string, string>>
  /** The tag of the state that is known, where this address, behind redirects, gave it; null asks for the rows in any case. */
  readonly etagOf: (url: string) => string | null
  readonly signal?: AbortSignal
}

export type OpenedUrl =
  /** It is as its tag says. */
  { readonly kind: 'unchanged' } | { readonly kind: 'pages'; readonly pages: AsyncGenerator<SourcePage> }

export const MOST_PAGES = 10_000
const MEDIA_TYPES: Readonly<Record<RowFormat, string>> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
}

/**
 * Each page must be read to its end before the next is asked for. Besides the faults of GuardedFetch: RetryFault `source_status`
 * for any other answer, RefuseFault `source_encoding` and `source_paging`.
 */
export async function openUrl(fetch: GuardedFetch, ask: UrlAsk): Promise<OpenedUrl> {
  const first = await fetch.get({ ...requestOf(ask, ask.url), ifNoneMatch: ask.etagOf })
  if (first.status === 304 && ask.etagOf(first.url) !== null) {
    await first.body.cancel()
    return { kind: 'unchanged' }
  }
  await check(first)
  return { kind: 'pages', pages: pagesFrom(fetch, ask, first) }
}

async function* pagesFrom(
  fetch: GuardedFetch,
  ask: UrlAsk,
  first: GuardedAnswer,
): AsyncGenerator<SourcePage> {
  const seen = new Set([new URL(ask.url).href])
  let answer = first
  for (let page = 1; ; page++) {
    seen.add(answer.url)
    const next = nextLink(answer.headers['link'], answer.url)
    const etag = answer.headers['etag']
    yield {
      etag: typeof etag === 'string' ? etag : null,
      url: answer.url,
      isOnly: page === 1 && next === null,
      bytes: answer.body,
    }
    if (next === null) return
    checkNext(next, { origins: [ask.url, answer.url].map(originOf), seen, page })
    seen.add(next)
    answer = await fetch.get(requestOf(ask, next))
    await check(answer)
  }
}

interface Path {
  /** Of the endpoint, and of the page that names the next one. */
  readonly origins: readonly string[]
  readonly seen: ReadonlySet<string>
  readonly page: number
}

function checkNext(next: string, { origins, seen, page }: Path): void {
  const { origin, pathname } = new URL(next)
  const flaw = !origins.includes(origin)
    ? "is neither on the endpoint's origin nor on that of the page before it"
    : seen.has(next)
      ? 'was read before'
      : page >= MOST_PAGES
        ? `is one of more than ${MOST_PAGES}`
        : null
  if (flaw !== null) throw new RefuseFault('source_paging', `the next page, ${origin}${pathname}, ${flaw}`)
}

const originOf = (url: string): string => new URL(url).origin

/** Headers hold secrets: whatever origin the endpoint leads to, they are for the one that the schedule names. */
const requestOf = ({ url: endpoint, headers, format, signal }: UrlAsk, url: string) => ({
  url,
  headers: { accept: MEDIA_TYPES[format], ...(originOf(url) === originOf(endpoint) ? headers : {}) },
  ...(signal === undefined ? {} : { signal }),
})

async function check({ status, headers, body, url }: GuardedAnswer): Promise<void> {
  const { origin, pathname } = new URL(url)
  const encoding = headers['content-encoding'] ?? 'identity'
  if ((status === 200 || status === 204) && encoding === 'identity') return
  await body.cancel()
  const what = `${origin}${pathname}`
  if (status !== 200) throw new RetryFault('source_status', `${what} answered ${status}`)
  throw new RefuseFault('source_encoding', `${what} answered with Content-Encoding: ${String(encoding)}`)
}
