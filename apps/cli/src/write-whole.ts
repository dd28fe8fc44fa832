/** A fetched picture on disk: checked first, and under its name only when it is whole. */
import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { Code } from '@sunpress/client'
import { contentTypeOf } from '@sunpress/core'
import { inspectAnyPicture } from '@sunpress/image'

/** Throws when the bytes aren't those that the producer told of, or no whole picture: also what a store holds may be damaged. */
export function checkPicture(
  picture: Uint8Array,
  { bytes, sha256, key, contentType }: Pick<Code, 'bytes' | 'sha256' | 'key' | 'contentType'>,
): void {
  if (picture.length !== bytes) {
    throw new Error(`expected a picture of ${bytes} bytes, got ${picture.length}`)
  }
  const got = createHash('sha256').update(picture).digest('hex')
  if (got !== sha256) throw new Error(`expected a picture with sha256 ${sha256}, got ${got}`)
  const defect = defectOf(picture, contentType)
  if (defect !== null) {
    throw new Error(
      `${key} in the store is defective: ${defect}. \`sunpress verify <campaign> --heal\` prints it anew`,
    )
  }
}

/** null for a whole picture of its key's format. Its size isn't judged: a code id doesn't tell it. */
function defectOf(picture: Uint8Array, contentType: string): string | null {
  const format = contentType === contentTypeOf('png') ? 'png' : 'jpg'
  const inspection = inspectAnyPicture(picture)
  if (!inspection.whole) return `expected a whole ${format}, found: ${inspection.defect.code}`
  return inspection.format === format ? null : `expected a ${format}, found a ${inspection.format}`
}

/** Replaces what is there; a failure leaves what was there, and nothing else. Its message names `path`. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`
  try {
    const file = await open(partial, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw new Error(`${path} can't be written: ${reasonOf(error)}`, { cause: error })
  }
}

/** Without the name of the file that nobody asked for. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? (error.message.split(',')[0] ?? '') : error.message
}
