/**
 * Opens the store that a location names. Connects to nothing and makes nothing: the first use does, and `prove` is what a
 * process calls before it trusts a store.
 */
import type { Clock } from '@sunpress/core'
import { openFileStore } from './file/file-store.js'
import { parseStoreLocation } from './location.js'
import type { S3Settings } from './s3/settings.js'
import type { Store } from './store.js'

export interface StoreOptions {
  readonly clock: Clock
  /** From 0 up to 1; by default Math.random. */
  readonly random?: () => number
  /** Required for s3:// locations. */
  readonly s3?: S3Settings
}

/** `file:/dir`, `file:./dir` or `s3://bucket/prefix`; anything else is a TypeError (see parseStoreLocation). */
export async function openStore(location: string, options: StoreOptions): Promise<Store> {
  const parsed = parseStoreLocation(location)
  if (!parsed.ok) throw new TypeError(`not a store: ${location}`)
  const { value } = parsed
  if (value.kind === 'file') return openFileStore({ folder: value.folder, clock: options.clock })
  if (options.s3 === undefined) throw new TypeError(`${location} needs S3 settings`)
  // The SDK's notice about its support of Node 20 is neither JSON nor news, and would stand in every log.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  // Loaded when asked for: the SDK costs a process on files a tenth of a second and 20 MB.
  const { openS3Store } = await import('./s3/s3-store.js')
  const { clock, random = Math.random, s3 } = options
  return openS3Store({ bucket: value.bucket, prefix: value.prefix, settings: s3, clock, random })
}
