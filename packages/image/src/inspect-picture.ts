/**
 * Decides whether bytes are one whole picture, to the very last byte, and the one that was asked for.
 * Promises that nothing cut, padded, mistyped or of another size is called whole; that it never throws and never waits.
 * Doesn't decode a JPEG's pixels: damage inside its entropy-coded data that leaves the structure intact isn't told.
 */
import { type Broken, broken, type Format, type Inspection } from './inspection.js'
import { inspectJpeg } from './jpeg/inspect-jpeg.js'
import { inspectPng } from './png/inspect-png.js'
import { recognize } from './recognize.js'

/** What was asked for: codes are square, so the height is the width (pixels). */
export type ExpectedPicture = { readonly format: Format; readonly width: number }

const ANY_FORMAT: readonly Format[] = ['jpg', 'png']

/**
 * The verdict on a fetched picture. `wrong_format` (with `actual` jpg or png) and `wrong_size` are said only of
 * pictures that are whole otherwise, so they tell of what was sent, not of what was lost on the way.
 */
export function inspectPicture(bytes: Uint8Array, expected: ExpectedPicture): Inspection {
  const found = inspectAs(bytes, [expected.format])
  return found.whole ? (mismatch(found, expected) ?? found) : found
}

/** The verdict on a stored picture of which nothing is known: its format and dimensions, or its defect. */
export function inspectAnyPicture(bytes: Uint8Array): Inspection {
  return inspectAs(bytes, ANY_FORMAT)
}

function inspectAs(bytes: Uint8Array, expected: readonly Format[]): Inspection {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const format = recognize(view, expected)
  if (typeof format !== 'string') return format
  return format === 'jpg' ? inspectJpeg(view) : inspectPng(view)
}

function mismatch(
  { format, width, height }: { format: Format; width: number; height: number },
  expected: ExpectedPicture,
): Broken | undefined {
  if (format !== expected.format) {
    return broken({ code: 'wrong_format', expected: [expected.format], actual: format })
  }
  if (width === expected.width && height === expected.width) return undefined
  return broken({ code: 'wrong_size', format, expectedWidth: expected.width, width, height })
}
