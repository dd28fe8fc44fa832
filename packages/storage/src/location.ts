/** Where a store is, as people write it. Pure; looks at nothing. */
import { fieldDefect, type Parsed } from '@sunpress/core'

export type StoreLocation =
  | { readonly kind: 'file'; readonly folder: string }
  /** `prefix` is empty or ends in "/". */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }

const EXPECTED = 'file:/folder, file:./folder or s3://bucket/prefix'
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/
const PREFIX = /^[A-Za-z0-9._~=+@,-]+(\/[A-Za-z0-9._~=+@,-]+)*$/

export function parseStoreLocation(text: string, at = 'store'): Parsed<StoreLocation> {
  const value = text.startsWith('s3://') ? parseBucket(text.slice(5)) : parseFolder(text)
  return value === null
    ? { ok: false, defects: [fieldDefect(at, 'value', EXPECTED, text)] }
    : { ok: true, value }
}

/** file:/a, file:///a (the same folder) and file:./a; not file://host/a. */
function parseFolder(text: string): StoreLocation | null {
  if (!text.startsWith('file:')) return null
  const path = text.slice(5)
  const folder = path.startsWith('///') ? path.slice(2) : path
  return folder === '' || folder.startsWith('//') || folder.includes('\0') ? null : { kind: 'file', folder }
}

function parseBucket(text: string): StoreLocation | null {
  const cut = text.indexOf('/')
  const bucket = cut < 0 ? text : text.slice(0, cut)
  const prefix = cut < 0 ? '' : text.slice(cut + 1).replace(/\/$/, '')
  if (!BUCKET.test(bucket) || (prefix !== '' && !PREFIX.test(prefix))) return null
  return { kind: 's3', bucket, prefix: prefix === '' ? '' : `${prefix}/` }
}
