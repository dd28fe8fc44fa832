/**
 * Rows of an endpoint, page by page. Doesn't read them: a page is bytes. Follows `Link: rel="next"` within the origin that was
 * asked, and never in a circle. Promises nothing about the server: what ends early, or isn't 200, is a fault.
 */
import { RefuseFault, RetryFault, type RowFormat } from '@sunpress/core'
import type { GuardedAnswer, GuardedFetch } from '@sunpress/http'
import { nextLink } from './url-link.js'

export interface SourcePage {
  /** The server's word for this state of the page. */
  readonly etag: string | null
  /** True when nothing follows the first page: then its etag speaks for the whole source. */
  readonly isOnly: boolean
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface UrlAsk {
  readonly url: string
  readonly format: RowFormat
  /** Names in lower case, with their values. */
  readonly headers: Readonly<Record<string, string>>
  /** Of the state that is known; null asks for the rows in any case. */
  readonly etag: string | null
  readonly signal?: AbortSignal
}

export type OpenedUrl =
  /** It is as the etag says. */
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
  const condition = ask.etag === null ? {} : { 'if-none-match': ask.etag }
  const first = await fetch.get(requestOf(ask, ask.url, condition))
  if (first.status === 304 && ask.etag !== null) {
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
    const next = nextLink(answer.headers['link'], answer.url)
    const etag = answer.headers['etag']
    yield {
      etag: typeof etag === 'string' ? etag : null,
      isOnly: page === 1 && next === null,
      bytes: answer.body,
    }
    if (next === null) return
    checkNext(next, ask, seen)
    answer = await fetch.get(requestOf(ask, next))
    await check(answer)
  }
}

function checkNext(next: string, ask: UrlAsk, seen: Set<string>): void {
  const { origin, pathname } = new URL(next)
  const flaw =
    origin !== new URL(ask.url).origin
      ? 'leads to another host'
      : seen.has(next)
        ? 'leads back to a page that was read'
        : seen.size >= MOST_PAGES
          ? `goes on for more than ${MOST_PAGES} pages`
          : null
  if (flaw !== null) throw new RefuseFault('source_paging', `the next page, ${origin}${pathname}, ${flaw}`)
  seen.add(next)
}

const requestOf = ({ headers, format, signal }: UrlAsk, url: string, condition = {}) => ({
  url,
  headers: { accept: MEDIA_TYPES[format], ...headers, ...condition },
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
