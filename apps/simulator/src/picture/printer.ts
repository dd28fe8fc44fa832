/**
 * Prints pictures: the drawing is encoded once per look and variant (a QR code once per text and width) and kept;
 * each answer splices its own note in.
 * The same note gives the same bytes, always. The cache is bounded in bytes; a drawing thrown out is drawn again.
 */
import { hashText } from '../random.js'
import { commentSegment, encodeJpeg, encodePlanes } from './jpeg.js'
import { type PictureNote, PNG_KEYWORD, writeNote } from './note.js'
import { encodePng, textChunk } from './png.js'
import { drawQrCode, greyPlanes, greyRaster } from './qr-code.js'
import type { Colour } from './raster.js'
import { drawSunCode } from './sun-code.js'

export type PictureFormat = 'jpeg' | 'png'

export type PictureOrder = {
  readonly note: PictureNote
  readonly format: PictureFormat
  readonly width: number
  readonly colour: Colour
  readonly transparent: boolean
  /** Set: a square QR code that carries this text, black on white. Unset: a round code, a drawing that can't be scanned. */
  readonly qr?: string
}

/** The parts of one file in order, and their length together. */
export type Picture = { readonly parts: readonly Buffer[]; readonly bytes: number }

export type Printer = {
  print(order: PictureOrder): Picture
  /** The bytes of the drawings kept; within the bound, but for one drawing larger than it. */
  keptBytes(): number
}

type Drawing = { readonly head: Buffer; readonly rest: Buffer }

/** How many patterns of dots a look has; fewer when large, as a 1280 px drawing takes some 200 ms. */
const VARIANTS = { small: 64, large: 16, largeFrom: 640 }

/** @param cacheBytes how much encoded drawing may be kept. */
export function createPrinter(cacheBytes = 128 * 1024 * 1024): Printer {
  const drawings = new Map<string, Drawing>()
  let kept = 0

  function keep(key: string, drawing: Drawing): void {
    drawings.set(key, drawing)
    kept += drawing.rest.length
    for (const [oldest, { rest }] of drawings) {
      if (kept <= cacheBytes || oldest === key) break
      drawings.delete(oldest)
      kept -= rest.length
    }
  }

  function drawingOf(order: PictureOrder, variant: number): Drawing {
    const key = keyOf(order, variant)
    const known = drawings.get(key)
    if (known !== undefined) return known
    const drawing = draw(order, variant)
    keep(key, drawing)
    return drawing
  }

  function print(order: PictureOrder): Picture {
    const text = writeNote(order.note)
    const variants = order.width < VARIANTS.largeFrom ? VARIANTS.small : VARIANTS.large
    const { head, rest } = drawingOf(order, hashText(text) % variants)
    const note = order.format === 'jpeg' ? commentSegment(text) : textChunk(PNG_KEYWORD, text)
    return { parts: [head, note, rest], bytes: head.length + note.length + rest.length }
  }

  return { print, keptBytes: () => [...drawings.values()].reduce((sum, { rest }) => sum + rest.length, 0) }
}

function keyOf(order: PictureOrder, variant: number): string {
  const { format, width, qr } = order
  if (qr !== undefined) return `qr.${format}.${width}.${qr}`
  const { r, g, b } = order.colour
  return `${format}.${width}.${r}.${g}.${b}.${order.transparent}.${variant}`
}

function draw(order: PictureOrder, variant: number): Drawing {
  if (order.qr !== undefined) return drawQr(order.qr, order)
  const raster = drawSunCode({ ...order, variant })
  return order.format === 'jpeg' ? encodeJpeg(raster) : encodePng(raster)
}

function drawQr(text: string, { width, format }: PictureOrder): Drawing {
  const grey = drawQrCode(text, width)
  return format === 'png'
    ? encodePng(greyRaster(grey))
    : encodePlanes(greyPlanes(grey), { width, height: width })
}
