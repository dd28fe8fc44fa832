/**
 * What an Idempotency-Key was used for. The record outlives Redis and the producer; it names the campaign that the request
 * made, or was about to make when its producer died.
 */
import { createHash } from 'node:crypto'
import type { CampaignId, Records } from '@sunpress/core'
import { readJson, toJson, type Versioned } from './files.js'
import { requestFile } from './paths.js'

export interface RequestRecord extends Versioned {
  readonly campaign: CampaignId
  /** Lower-case hex sha256 over what can be known of the request before its body has been read. */
  readonly fingerprint: string
  readonly at: string
}

export interface RequestLedger {
  /** The record under this key: the given one when it was free, else the one that was there first. */
  claim(apiKeyId: string, idempotencyKey: string, mine: Omit<RequestRecord, 'v'>): Promise<RequestRecord>
  /** For a request that was refused and made nothing: its key is free again. */
  forget(apiKeyId: string, idempotencyKey: string): Promise<void>
}

const VERSION = 1

export function createRequestLedger(records: Records): RequestLedger {
  return {
    async claim(apiKeyId, idempotencyKey, mine) {
      const key = keyOf(apiKeyId, idempotencyKey)
      const record: RequestRecord = { v: VERSION, ...mine }
      if ((await records.putIfAbsent(key, toJson(record))) === 'created') return record
      return (await readJson<RequestRecord>(records, key, VERSION)) ?? record
    },
    forget: (apiKeyId, idempotencyKey) => records.remove(keyOf(apiKeyId, idempotencyKey)),
  }
}

const keyOf = (apiKeyId: string, idempotencyKey: string): string =>
  requestFile(
    createHash('sha256')
      .update(JSON.stringify([apiKeyId, idempotencyKey]))
      .digest('hex'),
  )
