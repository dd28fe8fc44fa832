/**
 * Takes pushes to the platforms and remembers what they answered. A push that fails isn't repeated; none ever throws. Tickets go by
 * real time, so often as the platform says.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.js'
import { createDelays, type Delays } from '../delays.js'
import { type InfoType, type Notice, ticketNotice, writeXml } from './notice.js'
import type { Platform } from './platform.js'
import { type Sealed, seal } from './seal.js'

export type PushRecord = {
  readonly id: number
  /** Virtual time, ms. */
  readonly at: number
  readonly appid: string
  readonly infoType: InfoType
  /** Of the push that this one repeats. */
  readonly replayOf?: number
  readonly tampered?: Tamper
  /** The platform answered 200 and `success`. */
  readonly accepted: boolean
  /** 0: no answer came. */
  readonly status: number
  /** The first 200 characters, or why there is none. */
  readonly answer: string
  readonly costMs: number
}

export const TAMPERS = ['signature', 'body'] as const
export type Tamper = (typeof TAMPERS)[number]

export type Courier = {
  /** Undefined when the platform has no URL. */
  push(platform: Platform, notice: Notice): Promise<PushRecord> | undefined
  /** A new ticket, pushed. */
  pushTicket(platform: Platform): { readonly ticket: string; readonly push: Promise<PushRecord> | undefined }
  /** The very bytes of a push again (the last one's without an id), or spoilt. Undefined: there was none. */
  replay(platform: Platform, id?: number, tamper?: Tamper): Promise<PushRecord> | undefined
  /** Tickets from now on, the first at once; in place of those before. */
  start(platform: Platform): Promise<PushRecord> | undefined
  stop(componentAppid: string): void
  records(componentAppid?: string): readonly PushRecord[]
  /** No ticket is pushed any more, and what was pushed is forgotten. */
  clear(): void
  close(): void
}

type Sent = {
  readonly id: number
  readonly appid: string
  readonly infoType: InfoType
  readonly sealed: Sealed
}

const KEPT = 1000
const TIMEOUT_MS = 5000
const ANSWER_KEPT = 200

export function createCourier(clock: Clock): Courier {
  const tickets = new Map<string, Delays>()
  const underway = new Set<AbortController>()
  let records: PushRecord[] = []
  let sent: Sent[] = []
  let last = 0

  function push(platform: Platform, notice: Notice): Promise<PushRecord> | undefined {
    const { config } = platform
    if (config.pushUrl === undefined) return undefined
    const now = clock.now()
    const stamp = {
      timestamp: String(Math.floor(now / 1000)),
      nonce: String(randomBytes(4).readUInt32BE()),
      random: randomBytes(16),
    }
    const sealed = seal(writeXml(notice, config.appid, now), config, stamp)
    const entry = { id: ++last, appid: config.appid, infoType: notice.infoType, sealed }
    sent = [...sent, entry].slice(-KEPT)
    return deliver(config.pushUrl, sealed, { id: entry.id, appid: entry.appid, infoType: entry.infoType })
  }

  async function deliver(
    url: string,
    sealed: Sealed,
    about: Pick<PushRecord, 'id' | 'appid' | 'infoType' | 'replayOf' | 'tampered'>,
  ): Promise<PushRecord> {
    const at = Math.floor(clock.now())
    const began = clock.real()
    const abort = new AbortController()
    underway.add(abort)
    const answered = await post(url, sealed, abort)
    underway.delete(abort)
    const record = { at, ...about, ...answered, costMs: Math.round(clock.real() - began) }
    records = [...records, record].slice(-KEPT)
    return record
  }

  function pushTicket(platform: Platform) {
    const ticket = platform.tickets.issue(clock.now())
    return { ticket, push: push(platform, ticketNotice(ticket)) }
  }

  function replay(platform: Platform, id?: number, tamper?: Tamper): Promise<PushRecord> | undefined {
    const { appid, pushUrl } = platform.config
    const found = sent.findLast((one) => one.appid === appid && (id ?? one.id) === one.id)
    if (found === undefined || pushUrl === undefined) return undefined
    const about = { id: ++last, appid, infoType: found.infoType, replayOf: found.id }
    return tamper === undefined
      ? deliver(pushUrl, found.sealed, about)
      : deliver(pushUrl, spoil(found.sealed, tamper), { ...about, tampered: tamper })
  }

  function start(platform: Platform): Promise<PushRecord> | undefined {
    const { appid, ticketEveryMs } = platform.config
    stop(appid)
    const timers = createDelays()
    tickets.set(appid, timers)
    const again = () => {
      timers.after(ticketEveryMs, again)
      pushTicket(platform)
    }
    timers.after(ticketEveryMs, again)
    return pushTicket(platform).push
  }

  function stop(appid: string): void {
    tickets.get(appid)?.close()
    tickets.delete(appid)
  }

  function clear(): void {
    for (const appid of [...tickets.keys()]) stop(appid)
    records = []
    sent = []
  }

  function close(): void {
    for (const appid of [...tickets.keys()]) stop(appid)
    for (const abort of underway) abort.abort()
  }

  const recordsOf = (appid?: string) => records.filter((one) => (appid ?? one.appid) === one.appid)
  return { push, pushTicket, replay, start, stop, records: recordsOf, clear, close }
}

async function post(
  url: string,
  { query, body }: Sealed,
  abort: AbortController,
): Promise<Pick<PushRecord, 'accepted' | 'status' | 'answer'>> {
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
  try {
    const response = await fetch(`${url}${url.includes('?') ? '&' : '?'}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body,
      redirect: 'manual',
      signal: abort.signal,
    })
    const answer = (await response.text()).slice(0, ANSWER_KEPT)
    return {
      accepted: response.status === 200 && answer.trim() === 'success',
      status: response.status,
      answer,
    }
  } catch (fault) {
    const { message, cause } = fault as Error
    return { accepted: false, status: 0, answer: String((cause as Error | undefined)?.message ?? message) }
  } finally {
    clearTimeout(timer)
  }
}

function spoil({ query, body }: Sealed, tamper: Tamper): Sealed {
  if (tamper === 'body') {
    return { query, body: body.replace(/CDATA\[(.)([^\]]*)\]\]><\/Encrypt>/, flipFirst) }
  }
  const fields = new URLSearchParams(query)
  for (const name of ['signature', 'msg_signature']) fields.set(name, '0'.repeat(40))
  return { query: fields.toString(), body }
}

function flipFirst(_all: string, first: string, rest: string): string {
  return `CDATA[${first === 'A' ? 'B' : 'A'}${rest}]]></Encrypt>`
}
