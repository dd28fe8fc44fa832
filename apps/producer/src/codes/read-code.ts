/** One picture out of the store, whole, with its checksum. Pictures are small: they are held in memory while answered. */
import { createHash } from 'node:crypto'
import {
  appOfCode,
  type CodeId,
  type CodeStore,
  codeKey,
  contentTypeOf,
  FORMATS,
  type PictureFormat,
  RetryFault,
} from '@sunpress/core'

export interface CodePicture {
  readonly codeId: CodeId
  readonly key: string
  readonly bytes: Buffer
  /** Lower-case hex, over these very bytes. */
  readonly sha256: string
  readonly contentType: 'image/jpeg' | 'image/png'
  readonly closedAtMs: number
}

/** A code's id doesn't tell its format, so both keys are tried. null when there is neither. */
export async function readCode(codes: CodeStore, codeId: CodeId): Promise<CodePicture | null> {
  for (const format of FORMATS) {
    const found = await readFormat(codes, codeId, format)
    if (found !== null) return found
  }
  return null
}

async function readFormat(
  codes: CodeStore,
  codeId: CodeId,
  format: PictureFormat,
): Promise<CodePicture | null> {
  const key = codeKey(codeId, format)
  const open = await codes.read(key)
  if (open === null) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of open.body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== open.bytes || (open.sha256 !== null && open.sha256 !== sha256)) {
    throw new RetryFault('store_defect', `what the store gave for ${key} is not what it holds`)
  }
  return { codeId, key, bytes, sha256, contentType: contentTypeOf(format), closedAtMs: open.closedAtMs }
}

export const describeCode = (picture: CodePicture, url: string) => ({
  codeId: picture.codeId,
  app: appOfCode(picture.codeId),
  key: picture.key,
  url,
  bytes: picture.bytes.length,
  sha256: picture.sha256,
  contentType: picture.contentType,
  closedAt: new Date(picture.closedAtMs).toISOString(),
})
