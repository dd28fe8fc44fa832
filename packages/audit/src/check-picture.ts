/** One published picture, read to its last byte and compared with its row. */
import { createHash } from 'node:crypto'
import {
  type CodeStore,
  contentTypeOf,
  type PictureFormat,
  type PublishedEvent,
  type SceneRow,
} from '@sunpress/core'
import { inspectPicture } from '@sunpress/image'
import type { Finding, FindingKind } from './finding.js'

/** null: as it was published, or as `healed` says that it was replaced since. Throws as the store does. */
export async function checkPicture(
  codes: CodeStore,
  row: PublishedEvent,
  healed: ReadonlyMap<string, string>,
): Promise<Finding | null> {
  const found = (kind: FindingKind, message: string): Finding => {
    const { index, codeId, key } = row
    return { kind, index, row: askedFor(row), codeId, key, message }
  }
  const open = await codes.read(row.key)
  if (open === null) return found('missing', 'expected a picture, found nothing')
  const bytes = await collect(open.body)
  const inspection = inspectPicture(bytes, { format: formatOf(row), width: row.width })
  if (!inspection.whole) {
    const { code } = inspection.defect
    const what = `expected a whole ${formatOf(row)} of ${row.width} pixels, found: ${code}`
    return found(KIND_OF.get(code) ?? 'corrupt', what)
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 === row.sha256 || sha256 === healed.get(row.key)) return null
  return found('changed', `expected sha256 ${row.sha256}, found ${sha256}`)
}

/** The page that an event tells is the row's own, or that of its campaign: with either the same look comes out. */
export const askedFor = ({ scene, page, ref, caption }: SceneRow): SceneRow => ({
  scene,
  ...(page === undefined ? {} : { page }),
  ...(ref === undefined ? {} : { ref }),
  ...(caption === undefined ? {} : { caption }),
})

const KIND_OF: ReadonlyMap<string, FindingKind> = new Map([
  ['wrong_format', 'wrong_type'],
  ['wrong_size', 'wrong_size'],
])

const formatOf = ({ contentType }: PublishedEvent): PictureFormat =>
  contentType === contentTypeOf('png') ? 'png' : 'jpg'

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
