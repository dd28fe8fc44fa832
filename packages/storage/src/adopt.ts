/**
 * Closes what a store found under a key, after looking at all of its bytes. Promises that nothing cut, mistyped or of another
 * size is ever adopted. For stores that keep no checksum beside the bytes, and for objects that came without one.
 */
import { createHash } from 'node:crypto'
import {
  type ClosedCode,
  closeCode,
  type ExpectedPicture,
  RetryFault,
  type StoredCode,
  type ToldPicture,
} from '@sunpress/core'
import { inspectPicture } from '@sunpress/image'

export interface FoundBytes {
  readonly key: string
  readonly bytes: Uint8Array
  readonly closedAtMs: number
}

export function adoptBytes(found: FoundBytes, expected: ExpectedPicture): ClosedCode {
  const inspection = inspectPicture(found.bytes, expected)
  if (!inspection.whole) throw storeDefect(found.key, inspection.defect.code)
  return closeCode({
    key: found.key,
    bytes: found.bytes.byteLength,
    sha256: sha256Hex(found.bytes),
    width: inspection.width,
    format: expected.format,
    closedAtMs: found.closedAtMs,
    origin: 'adopted',
  })
}

/**
 * For stores that are create-only and change nothing in place: an object as large as the one that was told of, and not made after
 * it was told of, is that one. A picture that was healed since is younger.
 */
export function adoptListed(listed: StoredCode, told: ToldPicture): ClosedCode | null {
  const isSame = listed.key === told.key && listed.bytes === told.bytes
  const isNoYounger = listed.closedAtMs <= told.publishedAtMs
  if (!isSame || !isNoYounger) return null
  const { key, bytes, sha256, width, format } = told
  return closeCode({ key, bytes, sha256, width, format, closedAtMs: listed.closedAtMs, origin: 'adopted' })
}

export const storeDefect = (key: string, what: string): RetryFault =>
  new RetryFault(
    'store_defect',
    `what the store holds under ${key} is not the picture that was expected: ${what}`,
  )

/** Something was there a moment ago and is gone: somebody purges. */
export const storeVanished = (key: string): RetryFault =>
  new RetryFault('store_vanished', `${key} was in the store and is gone`)

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
