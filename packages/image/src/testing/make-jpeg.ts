/**
 * Makes small valid JPEGs for tests: fixed tables, random coefficients, any decoder opens them.
 * Colour is 4:2:0 as WeChat sends it. The same options and seed make the same bytes.
 */
export type JpegOptions = {
  readonly width: number
  readonly height?: number
  readonly components?: 1 | 3
  readonly progressive?: boolean
  /** MCUs between restart markers; 0 for none. */
  readonly restartInterval?: number
  readonly comment?: Uint8Array
  readonly seed?: number
}

type Layout = { readonly id: number; readonly sampling: number; readonly share: 1 | 2 }

/** Six 3-bit codes for DC sizes 0–5; fifteen 4-bit codes for AC (run, size) pairs, the first being end of block. */
const AC_SYMBOLS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x11, 0x12, 0x13, 0x21, 0x22, 0x31, 0x41, 0x51, 0x61]
const DC_SYMBOLS = [0, 1, 2, 3, 4, 5]
const DHT = [
  ...[0x00, 0, 0, DC_SYMBOLS.length, ...Array(13).fill(0), ...DC_SYMBOLS],
  ...[0x10, 0, 0, 0, AC_SYMBOLS.length, ...Array(12).fill(0), ...AC_SYMBOLS],
]
/** All quantiser entries 1: quality 100. */
const DQT = [0x00, ...Array(64).fill(1)]

export function makeJpeg(options: JpegOptions): Uint8Array {
  const { width, height = width, progressive = false, restartInterval = 0, comment } = options
  const layout = layoutOf(options.components ?? 3)
  const frame = [8, ...word(height), ...word(width), layout.length]
  for (const { id, sampling } of layout) frame.push(id, sampling, 0)
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...(comment === undefined ? [] : segment(0xfe, [...comment])),
    ...segment(0xdb, DQT),
    ...segment(progressive ? 0xc2 : 0xc0, frame),
    ...segment(0xc4, DHT),
    ...(restartInterval > 0 ? segment(0xdd, word(restartInterval)) : []),
    ...makeScans(layout, { width, height, progressive, restartInterval, seed: options.seed ?? 1 }),
    ...[0xff, 0xd9],
  ])
}

const layoutOf = (components: 1 | 3): Layout[] =>
  components === 1
    ? [{ id: 1, sampling: 0x11, share: 1 }]
    : [
        { id: 1, sampling: 0x22, share: 1 },
        { id: 2, sampling: 0x11, share: 2 },
        { id: 3, sampling: 0x11, share: 2 },
      ]

const word = (value: number): number[] => [value >> 8, value & 255]

export const segment = (marker: number, body: readonly number[]): number[] => [
  0xff,
  marker,
  ...word(body.length + 2),
  ...body,
]

type ScanOptions = Required<
  Pick<JpegOptions, 'width' | 'height' | 'progressive' | 'restartInterval' | 'seed'>
>

function makeScans(layout: readonly Layout[], options: ScanOptions): number[] {
  const { width, height, progressive, restartInterval } = options
  const random = makeRandom(options.seed)
  const mcuSide = layout.length === 1 ? 8 : 16
  const mcus = Math.ceil(width / mcuSide) * Math.ceil(height / mcuSide)
  const perMcu = layout.length === 1 ? 1 : 6
  const all = layout.map(({ id }) => id)
  const draw = { random, restartInterval }
  if (!progressive)
    return makeScan(all, [0, 63, 0], { ...draw, units: mcus, perUnit: perMcu, dc: true, ac: true })
  const dc = makeScan(all, [0, 0, 0], { ...draw, units: mcus, perUnit: perMcu, dc: true, ac: false })
  const ac = layout.flatMap(({ id, share }) => {
    const units = blocks(width, share) * blocks(height, share)
    return makeScan([id], [1, 63, 0], { ...draw, units, perUnit: 1, dc: false, ac: true })
  })
  return [...dc, ...ac]
}

const blocks = (pixels: number, share: number): number => Math.ceil(Math.ceil(pixels / share) / 8)

type Drawing = {
  readonly random: (below: number) => number
  readonly restartInterval: number
  readonly units: number
  readonly perUnit: number
  readonly dc: boolean
  readonly ac: boolean
}

function makeScan(ids: readonly number[], band: readonly number[], drawing: Drawing): number[] {
  const out = segment(0xda, [ids.length, ...ids.flatMap((id) => [id, 0x00]), ...band])
  const { restartInterval, units, perUnit } = drawing
  let bits = makeBits(out)
  for (let unit = 0; unit < units; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      bits.flush()
      out.push(0xff, 0xd0 + ((unit / restartInterval - 1) & 7))
      bits = makeBits(out)
    }
    for (let block = 0; block < perUnit; block++) drawBlock(bits.push, drawing)
  }
  bits.flush()
  return out
}

function drawBlock(push: (value: number, count: number) => void, { random, dc, ac }: Drawing): void {
  if (dc) {
    const size = random(DC_SYMBOLS.length)
    push(size, 3)
    push(random(1 << size), size)
  }
  if (!ac) return
  for (let coefficients = random(8); coefficients > 0; coefficients--) {
    const code = 1 + random(AC_SYMBOLS.length - 1)
    const size = (AC_SYMBOLS[code] ?? 0) & 15
    push(code, 4)
    push(random(1 << size), size)
  }
  push(0, 4)
}

/** Writes bits, the highest first, stuffing a 00 after each FF; the last byte is filled with ones. */
function makeBits(out: number[]) {
  let pending = 0
  let count = 0
  const push = (value: number, length: number): void => {
    for (let bit = length - 1; bit >= 0; bit--) {
      pending = (pending << 1) | ((value >> bit) & 1)
      if (++count < 8) continue
      out.push(pending)
      if (pending === 0xff) out.push(0)
      pending = 0
      count = 0
    }
  }
  return { push, flush: () => (count === 0 ? undefined : push(0xff, 8 - count)) }
}

/** Mulberry32. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
