/**
 * A file of the store as bytes. Whoever replaces it while it is read is found out: what is given then is not used. Reads by the
 * range, so that memory is bounded.
 */
import { createHash } from 'node:crypto'
import { type Records, RetryFault } from '@sunpress/core'
import type { SourcePage } from './url-source.js'

/** What an object is read by. */
export const RANGE_BYTES = 8 * 1024 * 1024

type Readable = Pick<Records, 'readRange'>

/** One page. Throws RetryFault `source_missing` and, when all has been read, `source_changed`. */
export async function* objectPages(records: Readable, key: string): AsyncGenerator<SourcePage> {
  yield { etag: null, url: null, isOnly: true, bytes: objectBytes(records, key) }
}

async function* objectBytes(records: Readable, key: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let ranges = 0
  for await (const bytes of rangesOf(records, key)) {
    hash.update(bytes)
    ranges++
    yield bytes
  }
  // One range is one reading; of several, each may have been of another file.
  if (ranges > 1 && hash.digest('hex') !== (await digestOf(records, key))) {
    throw new RetryFault('source_changed', `${key} was replaced while it was read`)
  }
}

async function digestOf(records: Readable, key: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of rangesOf(records, key)) hash.update(bytes)
  return hash.digest('hex')
}

async function* rangesOf(records: Readable, key: string): AsyncGenerator<Uint8Array> {
  for (let from = 0; ; from += RANGE_BYTES) {
    const bytes = await records.readRange(key, from, from + RANGE_BYTES - 1)
    if (bytes === null) throw new RetryFault('source_missing', `there is no ${key} in the store`)
    if (bytes.length > 0) yield bytes
    if (bytes.length < RANGE_BYTES) return
  }
}
