/** The ledger's files in a bucket. */
import type { Records } from '@sunpress/core'
import { sha256Hex } from '../adopt.js'
import { checkRange } from '../read-bytes.js'
import type { ObjectBytes } from './object-calls.js'
import type { Objects } from './objects.js'
import { type ListSource, listNames } from './s3-list.js'

export function s3Records(objects: Objects, source: ListSource): Records {
  return {
    put: (key, bytes) => objects.replace(key, objectOf(bytes)),
    putIfAbsent: async (key, bytes) => (await objects.create(key, objectOf(bytes))).outcome,
    read: async (key) => (await objects.read(key))?.bytes ?? null,
    readRange: async (key, from, to) => {
      checkRange(from, to)
      return (await objects.read(key, { from, to }))?.bytes ?? null
    },
    list: async (prefix, options = {}) => await listNames(source, prefix, options),
    remove: (key) => objects.remove(key),
  }
}

const objectOf = (bytes: Uint8Array): ObjectBytes => ({
  bytes,
  sha256: sha256Hex(bytes),
  headers: { 'content-type': 'application/octet-stream' },
})
