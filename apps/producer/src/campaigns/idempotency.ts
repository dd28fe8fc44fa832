/**
 * Idempotency-Key: what a key was used for stands in the ledger; that somebody is at it right now is a lease in Redis, and
 * known in this process even when Redis is away.
 */
import { createHash } from 'node:crypto'
import { type CampaignId, type CampaignRecord, type Clock, isFault, newCampaignId } from '@sunpress/core'
import type { CampaignLedger, RequestLedger } from '@sunpress/ledger'
import { type Leases, requestKeys } from '@sunpress/redis'
import { badRequest, Problem } from '../problem.js'
import { REUSED } from './part-writer.js'

export interface IdempotencyParts {
  readonly campaigns: CampaignLedger
  readonly requests: RequestLedger
  readonly leases: Leases
  readonly namespace: string
  /** Names this process. */
  readonly holder: string
  readonly clock: Clock
}

export interface AskedOnce {
  readonly askedBy: string
  readonly key: string
  /** Over everything that is known of the request before its body streams in. */
  readonly fingerprint: string
}

export interface Claim {
  readonly id: CampaignId
  /** The campaign that an earlier request under this key made. */
  readonly made: CampaignRecord | null
  /** true only while this attempt is provably the only one, and was all the time. */
  readonly mayDiscard: () => Promise<boolean>
}

export interface Idempotency {
  /** Throws Problem 409 while the same key is being worked on, 422 when it was used for another request. */
  once<T>(asked: AskedOnce | null, work: (claim: Claim) => Promise<T>): Promise<T>
}

const LEASE_MS = 30_000
const RENEW_EVERY_MS = 10_000

export function createIdempotency(parts: IdempotencyParts): Idempotency {
  const running = new Set<string>()
  return {
    async once(asked, work) {
      if (asked === null) return await work(unclaimed(parts.clock))
      const hash = digestOf(asked.askedBy, asked.key)
      if (running.has(hash)) throw stillRunning()
      running.add(hash)
      const lease = holdLease(parts, hash)
      try {
        if ((await lease.first) === null) throw stillRunning()
        return await workOnce(parts, asked, work, lease.isHeld)
      } finally {
        running.delete(hash)
        await lease.release()
      }
    },
  }
}

/** A request that is refused made nothing: mended, it may come again under its key. */
async function workOnce<T>(
  parts: IdempotencyParts,
  asked: AskedOnce,
  work: (claim: Claim) => Promise<T>,
  isHeld: () => Promise<boolean>,
): Promise<T> {
  const claimed = await claim(parts, asked, isHeld)
  try {
    return await work(claimed)
  } catch (fault) {
    const isRefused = fault instanceof Problem && fault.status < 500 && fault.code !== REUSED
    if (isRefused && claimed.made === null && (await madeNothing(parts, claimed).catch(() => false))) {
      await parts.requests.forget(asked.askedBy, asked.key).catch(() => {})
    }
    throw fault
  }
}

/** A key whose campaign exists is never freed: the next request under it would make a second one. */
const madeNothing = async ({ campaigns }: IdempotencyParts, { id, mayDiscard }: Claim): Promise<boolean> =>
  (await mayDiscard()) && (await campaigns.readCampaign(id)) === null

const unclaimed = (clock: Clock): Claim => ({
  id: newCampaignId(clock.now()),
  made: null,
  mayDiscard: async () => true,
})

async function claim(
  parts: IdempotencyParts,
  asked: AskedOnce,
  mayDiscard: Claim['mayDiscard'],
): Promise<Claim> {
  const { fingerprint, askedBy, key } = asked
  const nowMs = parts.clock.now()
  const mine = { campaign: newCampaignId(nowMs), fingerprint, at: new Date(nowMs).toISOString() }
  const record = await parts.requests.claim(askedBy, key, mine)
  if (record.fingerprint !== fingerprint) throw reused()
  const made = record.campaign === mine.campaign ? null : await parts.campaigns.readCampaign(record.campaign)
  return { id: record.campaign, made, mayDiscard }
}

const UNKNOWN = 'unknown'

/**
 * Keeps the lease until it is released. With Redis away there is none, and nothing that was written is taken back. One that was
 * lost is claimed anew, to keep others out, but no longer counts: somebody may have had it in between, which its number tells.
 */
function holdLease({ leases, namespace, holder, clock }: IdempotencyParts, hash: string) {
  const keys = requestKeys(namespace, hash)
  const stop = new AbortController()
  /** Its fencing number; null while it is somebody else's. */
  const take = async (): Promise<number | null | typeof UNKNOWN> => {
    try {
      return await leases.claim(keys, holder, LEASE_MS)
    } catch (fault) {
      if (!isFault(fault)) throw fault
      return UNKNOWN
    }
  }
  const first = take()
  const renewing = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(RENEW_EVERY_MS, stop.signal)
      await take()
    }
  })().catch(() => {})
  return {
    first,
    async isHeld() {
      const fence = await first
      return typeof fence === 'number' && (await take()) === fence
    },
    async release() {
      stop.abort()
      await renewing
      // Whatever is somebody else's by now stays theirs.
      if ((await first.catch(() => UNKNOWN)) !== null) await leases.release(keys, holder).catch(() => {})
    },
  }
}

/** A body that streamed is compared by its hash, once it has been read. */
export function checkSameBody(made: CampaignRecord, sha256: string): void {
  if (made.source.sha256 !== undefined && made.source.sha256 !== sha256) throw reused()
}

/** Printable ASCII, 255 characters at most; null when the header did not come. */
export function parseIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  if (typeof header === 'string' && /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(header))
    return header
  const message = 'Idempotency-Key: expected 1 to 255 printable ASCII characters'
  const error = {
    parameter: 'Idempotency-Key',
    field: 'Idempotency-Key',
    rule: 'format',
    value: null,
    message,
  }
  throw badRequest('bad_parameter', 'The Idempotency-Key is not as expected.', [error])
}

export const digestOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

const stillRunning = (): Problem =>
  new Problem(409, 'still_running', 'A request under this Idempotency-Key is still being worked on.', {
    headers: { 'retry-after': '2' },
  })

const reused = (): Problem => {
  const detail = 'This Idempotency-Key was used for another request.'
  return new Problem(422, REUSED, detail)
}
