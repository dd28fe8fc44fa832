/** The ledger's files in a bucket. A list is the SDK's, everything else is signed here. */
import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { isFault, type ListOptions, type RecordPage, type Records } from '@sunpress/core'
import { sha256Hex } from '../adopt.js'
import { checkPrefix } from '../key.js'
import { pageLimit } from '../page.js'
import { checkRange } from '../read-bytes.js'
import type { StoreContext } from '../store.js'
import type { ObjectBytes } from './object-calls.js'
import type { Objects } from './objects.js'
import { patiently } from './patience.js'
import { codeFault } from './s3-fault.js'

export interface ListSource {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  readonly where: string
  readonly context: StoreContext
}

export function s3Records(objects: Objects, source: ListSource): Records {
  return {
    put: (key, bytes) => objects.replace(key, objectOf(bytes)),
    putIfAbsent: async (key, bytes) => (await objects.create(key, objectOf(bytes))).outcome,
    read: async (key) => (await objects.read(key))?.bytes ?? null,
    readRange: async (key, from, to) => {
      checkRange(from, to)
      return (await objects.read(key, { from, to }))?.bytes ?? null
    },
    list: (prefix, options = {}) => listPage(source, checkPrefix(prefix), options),
    remove: (key) => objects.remove(key),
  }
}

const objectOf = (bytes: Uint8Array): ObjectBytes => ({
  bytes,
  sha256: sha256Hex(bytes),
  headers: { 'content-type': 'application/octet-stream' },
})

async function listPage(source: ListSource, prefix: string, options: ListOptions): Promise<RecordPage> {
  const after = options.after ?? ''
  const command = new ListObjectsV2Command({
    Bucket: source.bucket,
    Prefix: source.prefix + prefix,
    MaxKeys: pageLimit(options),
    ...(after === '' ? {} : { StartAfter: source.prefix + behind(after) }),
    ...(options.folders ? { Delimiter: '/' } : {}),
  })
  const found = await patiently(source.context, source.where, () => ask(source, command))
  const keys = namesIn(found).map((name) => name.slice(source.prefix.length))
  return { keys, next: found.IsTruncated ? (keys.at(-1) ?? null) : null }
}

/** Behind a folder is behind all that lies in it: "~" is the last character that a key may have. */
const behind = (after: string): string => (after.endsWith('/') ? `${after}${'~'.repeat(16)}` : after)

/** S3 answers keys and folders apart; both ascend. */
function namesIn(found: ListObjectsV2CommandOutput): string[] {
  const keys = (found.Contents ?? []).flatMap(({ Key }) => Key ?? [])
  const folders = (found.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? [])
  return folders.length === 0 ? keys : [...keys, ...folders].sort()
}

async function ask(source: ListSource, command: ListObjectsV2Command): Promise<ListObjectsV2CommandOutput> {
  try {
    return await source.client.send(command)
  } catch (error) {
    if (isFault(error)) throw error
    const status = statusOf(error)
    throw codeFault(status, error instanceof Error ? error.name : '', 'a list', source.where)
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error && '$metadata' in error)) return 0
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number }
  return httpStatusCode ?? 0
}
