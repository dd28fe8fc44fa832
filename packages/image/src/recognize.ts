/**
 * Names a sequence of bytes by how it begins. Promises nothing about the rest of it.
 */
import type { Broken, ForeignFormat, Format, Resemblance } from './inspection.js'
import { broken } from './inspection.js'

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const SIGNATURES: ReadonlyArray<readonly [Format, readonly number[]]> = [
  ['jpg', JPEG],
  ['png', PNG],
]
export const PNG_SIGNATURE_BYTES = PNG.length

/** The format that the first bytes announce, or what stands there instead of a picture. */
export function recognize(bytes: Buffer, expected: readonly Format[]): Format | Broken {
  if (bytes.length === 0) return broken({ code: 'empty' })
  for (const [format, signature] of SIGNATURES) {
    if (beginsWith(bytes, signature)) return format
  }
  for (const [format, signature] of SIGNATURES) {
    if (bytes.length < signature.length && beginsWith(bytes, signature.slice(0, bytes.length))) {
      return broken({ code: 'truncated', format, bytes: bytes.length })
    }
  }
  const actual = recognizeForeign(bytes)
  if (actual !== undefined) return broken({ code: 'wrong_format', expected, actual })
  return broken({ code: 'not_an_image', looksLike: resemblanceOf(bytes) })
}

function beginsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return bytes.length >= signature.length && signature.every((byte, index) => bytes[index] === byte)
}

function recognizeForeign(bytes: Buffer): ForeignFormat | undefined {
  const head = bytes.toString('latin1', 0, 16)
  if (/^GIF8[79]a/.test(head)) return 'gif'
  if (/^RIFF[\s\S]{4}WEBP/.test(head)) return 'webp'
  // BITMAPFILEHEADER: 'BM', the size, then two reserved words of zero.
  if (/^BM[\s\S]{4}\0\0\0\0/.test(head)) return 'bmp'
  return undefined
}

const SAMPLE_BYTES = 512

/** Judges by the first 512 bytes; a byte order mark and leading white space are skipped. */
function resemblanceOf(bytes: Buffer): Resemblance {
  const sample = bytes.toString('utf8', 0, SAMPLE_BYTES).replace(/^\uFEFF/, '')
  // A character may be cut at the sample's end; any other invalid UTF-8 or control character is not text.
  const readable = bytes.length > SAMPLE_BYTES ? sample.replace(/\uFFFD$/, '') : sample
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\uFFFD\0-\x08\x0B\x0C\x0E-\x1F]/.test(readable)) return 'unknown'
  const start = readable.trimStart()
  if (start.startsWith('<')) return 'html'
  if (start.startsWith('{') || start.startsWith('[')) return 'json'
  return 'text'
}
