/** A picture in memory: four bytes a pixel (red, green, blue, alpha), row by row. */
export type Raster = { readonly width: number; readonly height: number; readonly rgba: Uint8Array }

export type Colour = { readonly r: number; readonly g: number; readonly b: number }

/** A round-ended stroke from (x1, y1) to (x2, y2); a dot when both are the same point. Pixels. */
export type Stroke = {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
  readonly radius: number
  readonly colour: Colour
}

/** A raster of one colour; alpha 0 for a transparent one. */
export function blankRaster(width: number, colour: Colour, alpha: number): Raster {
  const rgba = new Uint8Array(width * width * 4)
  for (let at = 0; at < rgba.length; at += 4) rgba.set([colour.r, colour.g, colour.b, alpha], at)
  return { width, height: width, rgba }
}

/** Paints a stroke with smooth edges over what is there. */
export function paintStroke(raster: Raster, stroke: Stroke): void {
  const { radius } = stroke
  const fromX = Math.max(0, Math.floor(Math.min(stroke.x1, stroke.x2) - radius - 1))
  const toX = Math.min(raster.width - 1, Math.ceil(Math.max(stroke.x1, stroke.x2) + radius + 1))
  const fromY = Math.max(0, Math.floor(Math.min(stroke.y1, stroke.y2) - radius - 1))
  const toY = Math.min(raster.height - 1, Math.ceil(Math.max(stroke.y1, stroke.y2) + radius + 1))
  for (let y = fromY; y <= toY; y++) {
    for (let x = fromX; x <= toX; x++) {
      const cover = radius + 0.5 - distance(stroke, x + 0.5, y + 0.5)
      if (cover > 0) blend(raster.rgba, (y * raster.width + x) * 4, stroke.colour, Math.min(1, cover))
    }
  }
}

function distance(stroke: Stroke, x: number, y: number): number {
  const dx = stroke.x2 - stroke.x1
  const dy = stroke.y2 - stroke.y1
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : ((x - stroke.x1) * dx + (y - stroke.y1) * dy) / length
  const t = Math.min(1, Math.max(0, along))
  return Math.hypot(x - stroke.x1 - t * dx, y - stroke.y1 - t * dy)
}

/** Source over destination, colours not premultiplied. */
function blend(rgba: Uint8Array, at: number, colour: Colour, cover: number): void {
  const below = ((rgba[at + 3] as number) / 255) * (1 - cover)
  const alpha = cover + below
  rgba[at] = Math.round((colour.r * cover + (rgba[at] as number) * below) / alpha)
  rgba[at + 1] = Math.round((colour.g * cover + (rgba[at + 1] as number) * below) / alpha)
  rgba[at + 2] = Math.round((colour.b * cover + (rgba[at + 2] as number) * below) / alpha)
  rgba[at + 3] = Math.round(alpha * 255)
}
