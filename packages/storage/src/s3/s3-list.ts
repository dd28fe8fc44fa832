/** Lists of a bucket, a page at a time, by the SDK: in our words, for the ledger's files and for pictures. */
import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { type CodePage, isFault, type ListOptions, type RecordPage } from '@sunpress/core'
import { checkPrefix } from '../key.js'
import { pageLimit } from '../page.js'
import type { StoreContext } from '../store.js'
import { patiently } from './patience.js'
import { codeFault } from './s3-fault.js'

export interface ListSource {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  readonly where: string
  readonly context: StoreContext
}

export async function listNames(
  source: ListSource,
  prefix: string,
  options: ListOptions,
): Promise<RecordPage> {
  const found = await listPage(source, prefix, options)
  const keys = namesIn(found).map((name) => name.slice(source.prefix.length))
  return { keys, next: found.IsTruncated ? (keys.at(-1) ?? null) : null }
}

/** `closedAtMs` by the store's clock. */
export async function listCodes(source: ListSource, prefix: string, after: string): Promise<CodePage> {
  const found = await listPage(source, prefix, { after })
  const codes = (found.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
    key: Key.slice(source.prefix.length),
    bytes: Size,
    // Nobody knows: younger than all that is told of it.
    closedAtMs: LastModified?.getTime() ?? Number.POSITIVE_INFINITY,
  }))
  return { codes, next: found.IsTruncated ? (codes.at(-1)?.key ?? null) : null }
}

/** S3 may give fewer names than there is room for, and none at all though more follow: then it is asked on, by its own token. */
async function listPage(
  source: ListSource,
  prefix: string,
  options: ListOptions,
): Promise<ListObjectsV2CommandOutput> {
  const after = options.after ?? ''
  const input = {
    Bucket: source.bucket,
    Prefix: source.prefix + checkPrefix(prefix),
    MaxKeys: pageLimit(options),
    ...(after === '' ? {} : { StartAfter: source.prefix + behind(after) }),
    ...(options.folders ? { Delimiter: '/' } : {}),
  }
  for (let token: string | undefined; ; ) {
    const command = new ListObjectsV2Command(
      token === undefined ? input : { ...input, ContinuationToken: token },
    )
    const found = await patiently(source.context, source.where, () => ask(source, command))
    const isEmpty = (found.Contents ?? []).length + (found.CommonPrefixes ?? []).length === 0
    if (!isEmpty || !found.IsTruncated || found.NextContinuationToken === undefined) return found
    token = found.NextContinuationToken
  }
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
