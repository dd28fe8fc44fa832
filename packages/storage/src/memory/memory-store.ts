/** The twin for unit tests: the ports' words in one Map. Nothing is durable, nothing is shared. */
import {
  type Clock,
  type ClosedCode,
  type CodeStore,
  closeCode,
  type ListOptions,
  type RecordPage,
  type Records,
  type StoredCode,
} from '@sunpress/core'
import { adoptBytes, adoptListed, sha256Hex, storeVanished } from '../adopt.js'
import { checkKey, checkPrefix } from '../key.js'
import { foldName, pageLimit, takePage } from '../page.js'
import { proveCreateOnly } from '../prove.js'
import { cutBytes, openBytes } from '../read-bytes.js'
import type { Store } from '../store.js'

interface Kept {
  readonly bytes: Uint8Array
  readonly closedAtMs: number
}

export function openMemoryStore(options: { readonly clock: Pick<Clock, 'now'> }): Store {
  const kept = new Map<string, Kept>()
  const records = memoryRecords(kept, options.clock)
  return {
    codes: memoryCodes(kept, options.clock),
    records,
    where: 'memory',
    prove: () => proveCreateOnly(records, 'memory'),
    sweep: async () => 0,
    close: async () => {},
  }
}

function memoryCodes(kept: Map<string, Kept>, clock: Pick<Clock, 'now'>): CodeStore {
  const confirm: CodeStore['confirm'] = async (key, expected): Promise<ClosedCode | null> => {
    const found = kept.get(checkKey(key))
    return found === undefined ? null : adoptBytes({ key, ...found }, expected)
  }
  const storedAt = (key: string): StoredCode | null => {
    const found = kept.get(checkKey(key))
    return found === undefined ? null : { key, bytes: found.bytes.byteLength, closedAtMs: found.closedAtMs }
  }
  return {
    name: 'memory',
    listing: {
      page: async (prefix, after) => {
        const { keys, next } = await listKeys(kept, prefix, { after })
        return { codes: keys.map(storedAt).filter((code) => code !== null), next }
      },
      adopt: adoptListed,
    },
    confirm,
    stat: async (key) => storedAt(key),
    put: async (key, picture) => {
      if (kept.has(checkKey(key))) return (await confirm(key, picture)) ?? Promise.reject(storeVanished(key))
      const closedAtMs = clock.now()
      const bytes = Uint8Array.from(picture.bytes)
      kept.set(key, { bytes, closedAtMs })
      const { width, format } = picture
      return closeCode({
        key,
        bytes: bytes.byteLength,
        sha256: sha256Hex(bytes),
        width,
        format,
        closedAtMs,
        origin: 'created',
      })
    },
    read: async (key, range) => {
      const found = kept.get(checkKey(key))
      return found === undefined ? null : openBytes(found.bytes, found.closedAtMs, range)
    },
    remove: async (key) => void kept.delete(checkKey(key)),
  }
}

function memoryRecords(kept: Map<string, Kept>, clock: Pick<Clock, 'now'>): Records {
  const write = (key: string, bytes: Uint8Array) =>
    kept.set(key, { bytes: Uint8Array.from(bytes), closedAtMs: clock.now() })
  return {
    put: async (key, bytes) => void write(checkKey(key), bytes),
    putIfAbsent: async (key, bytes) => {
      if (kept.has(checkKey(key))) return 'existed'
      write(key, bytes)
      return 'created'
    },
    read: async (key) => kept.get(checkKey(key))?.bytes.slice() ?? null,
    readRange: async (key, from, to) => {
      const found = kept.get(checkKey(key))
      return found === undefined ? null : cutBytes(found.bytes, from, to).slice()
    },
    list: (prefix, options = {}) => listKeys(kept, prefix, options),
    remove: async (key) => void kept.delete(checkKey(key)),
  }
}

async function listKeys(
  kept: ReadonlyMap<string, Kept>,
  prefix: string,
  options: ListOptions,
): Promise<RecordPage> {
  const after = options.after ?? ''
  const keys = [...kept.keys()].filter((key) => key.startsWith(checkPrefix(prefix)))
  const names = new Set(keys.map((key) => foldName(key, prefix, options.folders ?? false)))
  return await takePage([...names].filter((name) => name > after).sort(), pageLimit(options))
}
