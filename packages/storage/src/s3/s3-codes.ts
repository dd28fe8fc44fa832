/** Pictures in a bucket. Each carries its checksum, width and closing time, so that adopting one costs a look, not its bytes. */
import {
  type Clock,
  type ClosedCode,
  type CodeStore,
  closeCode,
  contentTypeOf,
  type ExpectedPicture,
  type WholePicture,
} from '@sunpress/core'
import { adoptBytes, adoptListed, sha256Hex, storeDefect, storeVanished } from '../adopt.js'
import { checkRange, oneChunk } from '../read-bytes.js'
import { CLOSED_META, type ObjectFacts, SHA256_META, WIDTH_META } from './object-facts.js'
import type { Objects } from './objects.js'
import { type ListSource, listCodes } from './s3-list.js'

/** A key's picture never changes, so a cache may keep it for good. */
const CACHE_CONTROL = 'public, max-age=31536000, immutable'

export function s3Codes(objects: Objects, source: ListSource): CodeStore {
  const { clock } = source.context
  const confirm: CodeStore['confirm'] = async (key, expected) => {
    const facts = await objects.look(key)
    return facts === null ? null : confirmFacts(objects, key, facts, expected)
  }
  return {
    name: 's3',
    listing: { page: (prefix, after) => listCodes(source, prefix, after), adopt: adoptListed },
    confirm,
    put: (key, picture) => putCode(objects, clock, key, picture),
    stat: async (key) => {
      const facts = await objects.look(key)
      return facts === null ? null : { key, bytes: facts.bytes, closedAtMs: facts.closedAtMs }
    },
    read: async (key, range) => {
      if (range !== undefined) checkRange(range.from, range.to)
      const found = await objects.read(key, range)
      if (found === null) return null
      const { bytes, closedAtMs, sha256 } = found.facts
      if (range === undefined && sha256 !== null && sha256Hex(found.bytes) !== sha256) {
        throw storeDefect(key, 'its bytes are not those of its checksum')
      }
      return { bytes, closedAtMs, sha256, body: oneChunk(found.bytes) }
    },
    remove: (key) => objects.remove(key),
  }
}

async function putCode(
  objects: Objects,
  clock: Pick<Clock, 'now'>,
  key: string,
  picture: WholePicture,
): Promise<ClosedCode> {
  const { bytes, width, format } = picture
  const sha256 = sha256Hex(bytes)
  const closedAtMs = clock.now()
  const { outcome, facts } = await objects.create(key, {
    bytes,
    sha256,
    headers: {
      'cache-control': CACHE_CONTROL,
      'content-type': contentTypeOf(format),
      [CLOSED_META]: String(closedAtMs),
      [SHA256_META]: sha256,
      [WIDTH_META]: String(width),
    },
  })
  if (outcome === 'created') {
    return closeCode({ key, bytes: bytes.byteLength, sha256, width, format, closedAtMs, origin: 'created' })
  }
  const there = facts ?? (await objects.look(key))
  if (there === null) throw storeVanished(key)
  return confirmFacts(objects, key, there, picture)
}

/** An object that came without our marks (copied in by other means) is fetched and looked at. */
async function confirmFacts(
  objects: Objects,
  key: string,
  facts: ObjectFacts,
  expected: ExpectedPicture,
): Promise<ClosedCode> {
  const { sha256, width, bytes, closedAtMs } = facts
  const { format } = expected
  if (sha256 === null || width === null) {
    const found = await objects.read(key)
    if (found === null) throw storeVanished(key)
    return adoptBytes({ key, bytes: found.bytes, closedAtMs }, expected)
  }
  if (width !== expected.width) throw storeDefect(key, `${width} pixels wide, not ${expected.width}`)
  if (facts.contentType !== contentTypeOf(format))
    throw storeDefect(key, `${facts.contentType}, not ${format}`)
  return closeCode({ key, bytes, sha256, width, format, closedAtMs, origin: 'adopted' })
}
