/**
 * Reads a JPEG's frame header (SOFn): dimensions and components.
 */
import { isSide, type JpegFlaw } from '../inspection.js'
import { MARKER } from './markers.js'

export type Component = {
  readonly id: number
  readonly horizontal: number
  readonly vertical: number
  readonly quantization: number
}

export type Frame = {
  readonly progressive: boolean
  readonly width: number
  readonly height: number
  readonly components: readonly Component[]
}

const FIXED_BYTES = 6
const COMPONENT_BYTES = 3

export function parseFrame(marker: number, body: Buffer): Frame | JpegFlaw {
  const count = body.length < FIXED_BYTES ? 0 : body.readUInt8(5)
  if (count < 1 || count > 4 || body.length !== FIXED_BYTES + COMPONENT_BYTES * count) return 'bad_frame'
  const precision = body.readUInt8(0)
  if (precision !== 8 && !(precision === 12 && marker !== MARKER.SOF0)) return 'bad_frame'
  const height = body.readUInt16BE(1)
  const width = body.readUInt16BE(3)
  // A height of 0 (told after the first scan by DNL) is legal and unheard of.
  if (!isSide(width) || !isSide(height)) return 'bad_dimensions'
  const components = parseComponents(body.subarray(FIXED_BYTES))
  return components === undefined
    ? 'bad_frame'
    : { progressive: marker === MARKER.SOF2, width, height, components }
}

function parseComponents(body: Buffer): Component[] | undefined {
  const components: Component[] = []
  for (let at = 0; at < body.length; at += COMPONENT_BYTES) {
    const id = body.readUInt8(at)
    const sampling = body.readUInt8(at + 1)
    const component = {
      id,
      horizontal: sampling >> 4,
      vertical: sampling & 15,
      quantization: body.readUInt8(at + 2),
    }
    if (!isPossible(component) || components.some((other) => other.id === id)) return undefined
    components.push(component)
  }
  return components
}

const isPossible = ({ horizontal, vertical, quantization }: Component): boolean =>
  horizontal >= 1 && horizontal <= 4 && vertical >= 1 && vertical <= 4 && quantization <= 3

/** The least number of 8 × 8 blocks that a decoder needs for the frame. */
export function countBlocks({ width, height, components }: Frame): number {
  const widest = Math.max(...components.map(({ horizontal }) => horizontal))
  const tallest = Math.max(...components.map(({ vertical }) => vertical))
  const blocks = (pixels: number, share: number, of: number) =>
    Math.ceil(Math.ceil((pixels * share) / of) / 8)
  return components.reduce(
    (sum, { horizontal, vertical }) =>
      sum + blocks(width, horizontal, widest) * blocks(height, vertical, tallest),
    0,
  )
}
