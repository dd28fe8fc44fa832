/**
 * GET of an address that somebody else chose. The address of the socket itself is judged when it connects, so that no name that
 * resolves differently the second time slips through; each redirect is judged anew. Streams; bounded in size and time.
 * Sends no cookie, uses no proxy, asks for no compression, and gives secret headers to no other origin.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { RefuseFault, RetryFault } from '@sunpress/core'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { isPublicAddress } from './ssrf-addresses.js'

export interface GuardedFetchOptions {
  /** Hosts that may have private addresses, and be asked by http://; as in a URL: `name`, `name:port`, `[::1]:8080`. */
  readonly allowPrivate: readonly string[]
  /** Of one answer; beyond it the fetch fails. */
  readonly maxBytes?: number
  /** From the request to the answer's head, and between two pieces of its body. */
  readonly idleMs?: number
  /** Of one answer, its body included. */
  readonly totalMs?: number
  readonly connectMs?: number
  /** PEM of the only certificate authority to trust, in place of the system's. */
  readonly ca?: string
  /** As node:dns has it; for tests. */
  readonly lookup?: LookupFunction
}

export interface GuardedRequest {
  readonly url: string
  /** To the origin of `url` alone. */
  readonly headers?: Readonly<Record<string, string>>
  /** The tag that this very address has given, on whatever origin; null for none. Asked anew behind each redirect. */
  readonly ifNoneMatch?: (url: string) => string | null
  readonly signal?: AbortSignal
}

export interface GuardedAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Behind all redirects. */
  readonly url: string
  /** Must be read to its end, or returned. */
  readonly body: AsyncIterable<Uint8Array> & { cancel(): Promise<void> }
}

export interface GuardedFetch {
  /**
   * Throws RefuseFault `source_address` (not a public address), `source_url`, `source_redirects`; RetryFault
   * `source_unreachable`; the body throws RetryFault `source_cut_off` and `source_too_large`. Any other status is an answer.
   */
  get(request: GuardedRequest): Promise<GuardedAnswer>
  close(): Promise<void>
}

const GIGABYTE = 1024 ** 3
const DEFAULTS = { maxBytes: 16 * GIGABYTE, idleMs: 60_000, totalMs: 6 * 3_600_000, connectMs: 10_000 }
const MOST_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const limits = { ...DEFAULTS, ...options }
  const allowed = new Set(options.allowPrivate.map((host) => host.toLowerCase()))
  const agentOf = (isAllowed: boolean): Agent =>
    new Agent({
      connect: guardedConnector(options, limits.connectMs, isAllowed),
      headersTimeout: limits.idleMs,
      bodyTimeout: limits.idleMs,
      pipelining: 1,
      allowH2: false,
    })
  // Two, so that a connection which was opened for an allowed host serves no other.
  const agents = { open: agentOf(true), guarded: agentOf(false) }

  const ask = async (url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const isAllowed = allowed.has(url.host.toLowerCase()) || allowed.has(url.hostname.toLowerCase())
    checkUrl(url, isAllowed)
    const agent = isAllowed ? agents.open : agents.guarded
    const asked = { 'accept-encoding': 'identity', 'user-agent': 'sunpress', ...headers }
    const { origin, pathname, search } = url
    return await agent.request({ origin, method: 'GET', path: pathname + search, headers: asked, signal })
  }

  return {
    async get({ url, headers = {}, ifNoneMatch = () => null, signal }) {
      const timeout = AbortSignal.timeout(limits.totalMs)
      const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      const first = parseUrl(url)
      let at = first
      for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
        const tag = ifNoneMatch(at.href)
        const given = {
          ...(at.origin === first.origin ? headers : {}),
          ...(tag === null ? {} : { 'if-none-match': tag }),
        }
        const answer = await naming(at, signal, () => ask(at, given, both))
        const { location } = answer.headers
        if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string') {
          return answerOf(answer, at, limits.maxBytes, signal)
        }
        await drop(answer.body)
        at = parseUrl(location, at)
      }
      throw new RefuseFault('source_redirects', `${nameOf(first)}: more than ${MOST_REDIRECTS} redirects`)
    },
    async close() {
      await Promise.all([agents.open.destroy(), agents.guarded.destroy()])
    },
  }
}

/** Connects, and looks at where it has come to before a byte is written. */
function guardedConnector(
  options: GuardedFetchOptions,
  timeout: number,
  isAllowed: boolean,
): buildConnector.connector {
  const resolve = options.lookup ?? (lookup as LookupFunction)
  const ca = options.ca === undefined ? {} : { ca: options.ca }
  const guarded = isAllowed ? resolve : guardedLookup(resolve)
  const connect = buildConnector({ timeout, allowH2: false, lookup: guarded, ...ca })
  return (target, done) => {
    const name = target.hostname.replace(/^\[|\]$/g, '')
    // An address is never looked up.
    if (!isAllowed && isIP(name) !== 0 && !isPublicAddress(name)) return done(refused(name), null)
    connect(target, (error, socket) => {
      if (error !== null) return done(error, null)
      const reached = (socket as Socket | TLSSocket).remoteAddress ?? ''
      if (isAllowed || isPublicAddress(reached)) return done(null, socket)
      socket.destroy()
      done(refused(reached), null)
    })
  }
}

/** Every address of a name has to be public: which of them is taken is up to the network. */
function guardedLookup(resolve: LookupFunction): LookupFunction {
  return (hostname, options, done) =>
    resolve(hostname, options, (error, address, family) => {
      if (error !== null) return done(error, address, family)
      const all = Array.isArray(address) ? address.map((one) => one.address) : [address]
      const bad = all.find((one) => !isPublicAddress(one))
      if (bad !== undefined) return done(refused(bad), address, family)
      done(null, address, family)
    })
}

const REFUSED = 'ERR_ADDRESS_REFUSED'
const refused = (address: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${address} is not an address of the public internet`), { code: REFUSED })

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RefuseFault('source_url', 'the address, or one that it led to, is none that is asked')
  }
  return url
}

function checkUrl(url: URL, isAllowed: boolean): void {
  if (url.protocol === 'https:' || isAllowed) return
  const remedy = 'only https is asked, but for hosts in SUNPRESS_SOURCE_ALLOW_PRIVATE'
  throw new RefuseFault('source_url', `${nameOf(url)}: ${remedy}`)
}

/** Without its query, which may hold a secret. */
const nameOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`

async function naming<T>(url: URL, signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof RefuseFault) throw error
    if (codeOf(error) === REFUSED) {
      const message = `${nameOf(url)} has a private address, which SUNPRESS_SOURCE_ALLOW_PRIVATE doesn't allow`
      throw new RefuseFault('source_address', message)
    }
    throw new RetryFault('source_unreachable', `${nameOf(url)}: no answer (${codeOf(error)})`)
  }
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === REFUSED) return REFUSED
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function answerOf(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
  maxBytes: number,
  signal: AbortSignal | undefined,
): GuardedAnswer {
  async function* read(): AsyncGenerator<Uint8Array> {
    let bytes = 0
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        bytes += chunk.length
        if (bytes > maxBytes)
          throw new RetryFault('source_too_large', `${nameOf(url)}: more than ${maxBytes} bytes`)
        yield chunk
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof RetryFault) throw error
      throw new RetryFault('source_cut_off', `${nameOf(url)}: the answer ends early (${codeOf(error)})`)
    }
  }
  return {
    status: statusCode,
    headers,
    url: url.href,
    body: Object.assign(read(), { cancel: () => drop(body) }),
  }
}

async function drop(body: Dispatcher.ResponseData['body']): Promise<void> {
  body.on('error', () => {})
  body.destroy()
}
