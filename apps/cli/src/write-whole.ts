/** A fetched picture on disk: checked first, and under its name only when it is whole. */
import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { Code } from '@sunpress/client'

/** Throws when the bytes aren't those that were published. */
export function checkPicture(picture: Uint8Array, { bytes, sha256 }: Pick<Code, 'bytes' | 'sha256'>): void {
  if (picture.length !== bytes) {
    throw new Error(`expected a picture of ${bytes} bytes, got ${picture.length}`)
  }
  const got = createHash('sha256').update(picture).digest('hex')
  if (got !== sha256) throw new Error(`expected a picture with sha256 ${sha256}, got ${got}`)
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
