/**
 * Reads a PNG's IHDR (https://www.w3.org/TR/png-3/#11IHDR) and tells how its pixels are laid out once unpacked.
 */
import { isSide, type PngFlaw } from '../inspection.js'

export const HEADER_BYTES = 13
export const INDEXED_COLOUR = 3

export type Header = {
  readonly width: number
  readonly height: number
  readonly colourType: number
  readonly bitsPerPixel: number
  readonly interlaced: boolean
}

/** Rows of one pass of the unpacked data; each row is a filter byte and its pixels. */
export type Pass = { readonly rows: number; readonly rowBytes: number }

type ColourRule = { readonly channels: number; readonly depths: readonly number[] }

const COLOUR_RULES: Readonly<Record<number, ColourRule>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  [INDEXED_COLOUR]: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
}

/** Adam7: first column, first row, column step, row step of each pass. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

export function parseHeader(data: Buffer): Header | PngFlaw {
  if (data.length !== HEADER_BYTES) return 'bad_header'
  const [depth = 0, colourType = 0, compression, filter, interlace] = data.subarray(8)
  const rule = COLOUR_RULES[colourType]
  if (!rule?.depths.includes(depth)) return 'bad_header'
  if (compression !== 0 || filter !== 0 || (interlace !== 0 && interlace !== 1)) return 'bad_header'
  const width = data.readUInt32BE(0)
  const height = data.readUInt32BE(4)
  if (!isSide(width) || !isSide(height)) return 'bad_dimensions'
  return { width, height, colourType, bitsPerPixel: rule.channels * depth, interlaced: interlace === 1 }
}

/** The passes that hold at least one pixel; one if not interlaced. */
export function passesOf({ width, height, bitsPerPixel, interlaced }: Header): Pass[] {
  const pass = (columns: number, rows: number): Pass => ({
    rows: columns === 0 ? 0 : rows,
    rowBytes: 1 + Math.ceil((columns * bitsPerPixel) / 8),
  })
  if (!interlaced) return [pass(width, height)]
  return ADAM7.map(([column, row, columnStep, rowStep]) =>
    pass(stepsWithin(width, column, columnStep), stepsWithin(height, row, rowStep)),
  ).filter(({ rows }) => rows > 0)
}

const stepsWithin = (size: number, first: number, step: number): number =>
  Math.max(0, Math.ceil((size - first) / step))
