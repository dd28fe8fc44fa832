/** The part of the ledger that quotas use, in memory; `fail` makes every call throw. */
import type { Records } from '@sunpress/core'

export interface MemoryRecords extends Records {
  readonly files: Map<string, Uint8Array>
  fail(error: Error | null): void
}

export function createMemoryRecords(): MemoryRecords {
  const files = new Map<string, Uint8Array>()
  let failure: Error | null = null
  const asked = () => {
    if (failure !== null) throw failure
  }
  return {
    files,
    fail(error) {
      failure = error
    },
    async put(key, bytes) {
      asked()
      files.set(key, bytes)
    },
    async putIfAbsent(key, bytes) {
      asked()
      if (files.has(key)) return 'existed'
      files.set(key, bytes)
      return 'created'
    },
    async read(key) {
      asked()
      return files.get(key) ?? null
    },
    async readRange(key, from, to) {
      asked()
      return files.get(key)?.subarray(from, to + 1) ?? null
    },
    async list(prefix, { after = '', limit = 1_000 } = {}) {
      asked()
      const found = [...files.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
      const keys = found.slice(0, limit)
      return { keys, next: found.length > limit ? (keys.at(-1) ?? null) : null }
    },
    async remove(key) {
      asked()
      files.delete(key)
    },
  }
}
