/**
 * Draws what a person takes for a Mini Program code: rays of dots and dashes around a badge, three eyes, a mark.
 * It cannot be scanned; what a picture stands for is read from its comment.
 */
import { createRandom } from '../random.js'
import { blankRaster, type Colour, paintStroke, type Raster, type Stroke } from './raster.js'

export type SunCode = {
  /** Pixels, both ways. */
  readonly width: number
  readonly colour: Colour
  readonly transparent: boolean
  /** Chooses the pattern of dots. */
  readonly variant: number
}

const WHITE: Colour = { r: 255, g: 255, b: 255 }
const GREEN: Colour = { r: 7, g: 193, b: 96 }

const RAYS = 32
const RINGS = 6
/** Radii as parts of the width: where rays begin and end, where the eyes stand, and how large they are. */
const SHAPE = { inner: 0.24, outer: 0.475, dot: 0.014, eyeAt: 0.39, eye: 0.072, badge: 0.18 }

export function drawSunCode(code: SunCode): Raster {
  const raster = blankRaster(code.width, WHITE, code.transparent ? 0 : 255)
  for (const stroke of rays(code)) paintStroke(raster, stroke)
  for (const stroke of [...eyes(code), ...badge(code)]) paintStroke(raster, stroke)
  return raster
}

/** Neighbouring set cells of a ray run together into a dash; a single one is a dot. */
function* rays(code: SunCode): Generator<Stroke> {
  const random = createRandom(code.variant + 1)
  for (let ray = 0; ray < RAYS; ray++) {
    let start = -1
    for (let ring = 0; ring <= RINGS; ring++) {
      const set = ring < RINGS && random() < 0.52 && !nearEye(ray, ring)
      if (set && start < 0) start = ring
      if (!set && start >= 0) {
        yield dash(code, ray, start, ring - 1)
        start = -1
      }
    }
  }
}

function dash(code: SunCode, ray: number, from: number, to: number): Stroke {
  const a = cell(ray, from)
  const b = cell(ray, to)
  const w = code.width
  return { x1: a.x * w, y1: a.y * w, x2: b.x * w, y2: b.y * w, radius: SHAPE.dot * w, colour: code.colour }
}

/** The middle of a cell, in parts of the width. */
function cell(ray: number, ring: number): { x: number; y: number } {
  const angle = (ray / RAYS) * 2 * Math.PI
  const radius = SHAPE.inner + (ring / (RINGS - 1)) * (SHAPE.outer - SHAPE.inner)
  return { x: 0.5 + radius * Math.cos(angle), y: 0.5 + radius * Math.sin(angle) }
}

/** Top left, top right, bottom left hold an eye; bottom right the mark. */
const CORNERS = [
  { x: -1, y: -1, eye: true },
  { x: 1, y: -1, eye: true },
  { x: -1, y: 1, eye: true },
  { x: 1, y: 1, eye: false },
].map(({ x, y, eye }) => ({
  x: 0.5 + (x * SHAPE.eyeAt) / Math.SQRT2,
  y: 0.5 + (y * SHAPE.eyeAt) / Math.SQRT2,
  eye,
}))

function nearEye(ray: number, ring: number): boolean {
  const { x, y } = cell(ray, ring)
  return CORNERS.some((corner) => Math.hypot(corner.x - x, corner.y - y) < SHAPE.eye + 0.016)
}

function* eyes(code: SunCode): Generator<Stroke> {
  for (const corner of CORNERS) {
    if (corner.eye) {
      yield disc(code.width, corner, SHAPE.eye, code.colour)
      yield disc(code.width, corner, SHAPE.eye * 0.74, WHITE)
      yield disc(code.width, corner, SHAPE.eye * 0.48, code.colour)
    } else {
      yield disc(code.width, corner, SHAPE.eye * 0.9, GREEN)
      yield disc(code.width, corner, SHAPE.eye * 0.35, WHITE)
    }
  }
}

/** A white disc with a coloured one inside, where the Mini Program's own picture stands. */
function* badge(code: SunCode): Generator<Stroke> {
  const middle = { x: 0.5, y: 0.5 }
  yield disc(code.width, middle, SHAPE.badge, GREEN)
  const { width: w } = code
  const letter = { radius: 0.03 * w, colour: WHITE }
  yield { x1: 0.42 * w, y1: 0.56 * w, x2: 0.47 * w, y2: 0.42 * w, ...letter }
  yield { x1: 0.47 * w, y1: 0.42 * w, x2: 0.53 * w, y2: 0.58 * w, ...letter }
  yield { x1: 0.53 * w, y1: 0.58 * w, x2: 0.58 * w, y2: 0.44 * w, ...letter }
}

function disc(width: number, at: { x: number; y: number }, radius: number, colour: Colour): Stroke {
  const x = at.x * width
  const y = at.y * width
  return { x1: x, y1: y, x2: x, y2: y, radius: radius * width, colour }
}
