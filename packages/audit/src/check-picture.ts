/** One picture, read to its last byte and compared with its row. */
import { createHash } from 'node:crypto'
import {
  type CodeStore,
  contentTypeOf,
  type ExpectedPicture,
  type PictureFormat,
  type PublishedEvent,
  type SceneRow,
} from '@sunpress/core'
import { inspectPicture } from '@sunpress/image'
import type { Finding, FindingKind } from './finding.js'
import type { Replacements } from './replacements.js'

/** null: as it was published, or as it was replaced since. Throws as the store does. */
export async function checkPicture(
  codes: CodeStore,
  row: PublishedEvent,
  replacements: Replacements,
): Promise<Finding | null> {
  const { index, codeId, key } = row
  const found = (kind: FindingKind, sha256: string | null, message: string): Finding => {
    return { kind, index, row: askedFor(row), codeId, key, sha256, message }
  }
  const bytes = await readBytes(codes, key)
  if (bytes === null) return found('missing', null, 'expected a picture, found nothing')
  const sha256 = sha256Of(bytes)
  const defect = defectOf(bytes, { format: formatOf(row), width: row.width })
  if (defect !== null) return found(defect.kind, sha256, defect.message)
  if (sha256 === row.sha256 || (await replacements.accept({ codeId, sha256 }))) return null
  return found('changed', sha256, `expected sha256 ${row.sha256}, found ${sha256}`)
}

export interface Defect {
  readonly kind: 'corrupt' | 'wrong_type' | 'wrong_size'
  readonly message: string
}

/** null for a whole picture as expected. Pure. */
export function defectOf(bytes: Buffer, expected: ExpectedPicture): Defect | null {
  const inspection = inspectPicture(bytes, expected)
  if (inspection.whole) return null
  const { code } = inspection.defect
  const message = `expected a whole ${expected.format} of ${expected.width} pixels, found: ${code}`
  return { kind: KIND_OF.get(code) ?? 'corrupt', message }
}

/** The page that an event tells is the row's own, or that of its campaign: with either the same look comes out. */
export const askedFor = ({ scene, page, ref, caption }: SceneRow): SceneRow => ({
  scene,
  ...(page === undefined ? {} : { page }),
  ...(ref === undefined ? {} : { ref }),
  ...(caption === undefined ? {} : { caption }),
})

const KIND_OF: ReadonlyMap<string, Defect['kind']> = new Map([
  ['wrong_format', 'wrong_type'],
  ['wrong_size', 'wrong_size'],
])

const formatOf = ({ contentType }: PublishedEvent): PictureFormat =>
  contentType === contentTypeOf('png') ? 'png' : 'jpg'

/** null when nothing stands there. */
export async function readBytes(codes: CodeStore, key: string): Promise<Buffer | null> {
  const open = await codes.read(key)
  if (open === null) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of open.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
