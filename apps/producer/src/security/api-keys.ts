/** API keys: the file holds their sha256 alone. Comparing takes as long whatever came. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type FieldDefect, fieldDefect, Secret } from '@sunpress/core'
import { ConfigFault } from '@sunpress/runtime'
import { parse } from 'yaml'

export type Scope = 'read' | 'write'

export interface ApiKey {
  readonly id: string
  readonly scopes: ReadonlySet<Scope>
}

export interface ApiKeys {
  /** null for a key that is not known. */
  find(presented: string): ApiKey | null
}

interface StoredKey extends ApiKey {
  readonly digest: Buffer
}

/** `[{ id, sha256, scopes }]`, or the same list under `keys`; YAML or JSON. Throws ConfigFault with every defect. */
export function loadApiKeys(path: string): ApiKeys {
  const entries = readEntries(path)
  const defects = entries.flatMap((entry, at) => keyDefects(entry, `keys[${at}]`))
  const ids = entries.map((entry) => (entry as { id?: unknown } | null)?.id)
  if (new Set(ids).size < ids.length) defects.push(fieldDefect('keys', 'repeated', 'each id once', ids))
  if (entries.length === 0) defects.push(fieldDefect('keys', 'required', 'at least one key', undefined))
  if (defects.length > 0) throw new ConfigFault(path, defects)
  return createApiKeys(entries as { id: string; sha256: string; scopes: Scope[] }[])
}

export function createApiKeys(
  entries: readonly { readonly id: string; readonly sha256: string; readonly scopes: readonly Scope[] }[],
): ApiKeys {
  const keys: StoredKey[] = entries.map(({ id, sha256, scopes }) => ({
    id,
    scopes: new Set(scopes),
    digest: Buffer.from(sha256, 'hex'),
  }))
  return {
    find(presented) {
      const digest = createHash('sha256').update(presented).digest()
      // All of them are compared: where the right one stands shows in no time.
      const found = keys.filter((key) => timingSafeEqual(key.digest, digest))
      return found[0] ?? null
    },
  }
}

function readEntries(path: string): unknown[] {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch {
    const expected = 'a YAML or JSON file that can be read'
    throw new ConfigFault('API keys', [fieldDefect('SUNPRESS_API_KEYS_FILE', 'file', expected, path)])
  }
  const list = Array.isArray(value) ? value : (value as { keys?: unknown } | null)?.keys
  return Array.isArray(list) ? list : []
}

function keyDefects(entry: unknown, at: string): FieldDefect[] {
  if (typeof entry !== 'object' || entry === null) {
    return [fieldDefect(at, 'type', '{ id, sha256, scopes }', hidden)]
  }
  const { id, sha256, scopes, ...others } = entry as Record<string, unknown>
  const defects = Object.keys(others).map((name) =>
    fieldDefect(`${at}.${name}`, 'unknown', 'id, sha256, scopes', hidden),
  )
  if (typeof id !== 'string' || !/^[A-Za-z0-9_.-]{1,64}$/.test(id))
    defects.push(fieldDefect(`${at}.id`, 'format', '1 to 64 of A-Z a-z 0-9 _ . -', hidden))
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    defects.push(fieldDefect(`${at}.sha256`, 'format', '64 lower-case hex digits', hidden))
  if (!Array.isArray(scopes) || scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope)))
    defects.push(fieldDefect(`${at}.scopes`, 'value', 'a list of read, write', scopes))
  return defects
}

const SCOPES: readonly unknown[] = ['read', 'write']
/** Somebody may have put the key itself there. */
const hidden = new Secret('')
