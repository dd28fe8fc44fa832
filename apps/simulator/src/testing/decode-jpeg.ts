/**
 * A baseline JPEG decoder for the tests, written from T.81 apart from the encoder: it shares no table and no code with it.
 * Reads what the file says (tables, sampling) and gives back the luma plane and how many bytes of scan were left over.
 */
export type DecodedJpeg = {
  readonly width: number
  readonly height: number
  readonly quantisers: ReadonlyMap<number, readonly number[]>
  readonly sampling: readonly number[]
  readonly comments: readonly string[]
  readonly luma: Uint8Array
  readonly bytesLeft: number
}

type Table = Map<string, number>
type Component = { id: number; h: number; v: number; dc: number; ac: number }

export function decodeJpeg(file: Buffer): DecodedJpeg {
  if (file.readUInt16BE(0) !== 0xffd8) throw new Error('no SOI')
  if (file.readUInt16BE(file.length - 2) !== 0xffd9) throw new Error('no EOI')
  const quantisers = new Map<number, readonly number[]>()
  const tables = new Map<number, Table>()
  const comments: string[] = []
  const components: Component[] = []
  let size = { width: 0, height: 0 }
  for (let at = 2; ; ) {
    const marker = file.readUInt16BE(at)
    const length = file.readUInt16BE(at + 2)
    const payload = file.subarray(at + 4, at + 2 + length)
    at += 2 + length
    if (marker === 0xffdb) quantisers.set(payload[0] as number, [...payload.subarray(1)])
    if (marker === 0xffc4) tables.set(payload[0] as number, readTable(payload))
    if (marker === 0xfffe) comments.push(payload.toString('utf8'))
    if (marker === 0xffc0) size = readFrame(payload, components)
    if (marker !== 0xffda) continue
    const scan = file.subarray(at, file.length - 2)
    for (const [i, c] of components.entries()) {
      const ids = payload[2 + i * 2] as number
      c.dc = ids >> 4
      c.ac = 0x10 | (ids & 15)
    }
    const { luma, bytesLeft } = readScan(scan, components, tables, size)
    const sampling = components.map(({ h, v }) => h * 16 + v)
    return { ...size, quantisers, sampling, comments, luma, bytesLeft }
  }
}

function readFrame(payload: Buffer, components: Component[]): { width: number; height: number } {
  for (let i = 0; i < (payload[5] as number); i++) {
    const factors = payload[7 + i * 3] as number
    components.push({ id: payload[6 + i * 3] as number, h: factors >> 4, v: factors & 15, dc: 0, ac: 0 })
  }
  return { height: payload.readUInt16BE(1), width: payload.readUInt16BE(3) }
}

/** Codes as texts of 0 and 1: slow, plain, and unlike the encoder's. */
function readTable(payload: Buffer): Table {
  const table: Table = new Map()
  let code = 0
  let symbol = 17
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (payload[length] as number); i++) {
      table.set(code.toString(2).padStart(length, '0'), payload[symbol++] as number)
      code++
    }
    code *= 2
  }
  return table
}

function createBits(scan: Buffer) {
  let at = 0
  let bit = 0
  const next = (): number => {
    if (at >= scan.length) throw new Error('the scan ends too early')
    const value = ((scan[at] as number) >> (7 - bit)) & 1
    bit = (bit + 1) % 8
    if (bit === 0) at += scan[at] === 0xff ? 2 : 1
    return value
  }
  const take = (count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 2 + next()
    return value
  }
  const symbol = (table: Table): number => {
    for (let code = ''; code.length <= 16; ) {
      code += next()
      const found = table.get(code)
      if (found !== undefined) return found
    }
    throw new Error('no such code')
  }
  const value = (size: number): number => {
    const raw = take(size)
    return size > 0 && raw < 2 ** (size - 1) ? raw - 2 ** size + 1 : raw
  }
  return { symbol, value, left: () => scan.length - at - (bit === 0 ? 0 : 1) }
}

const ZIGZAG = zigzag()

function zigzag(): number[] {
  const cells = Array.from({ length: 64 }, (_, i) => ({ x: i % 8, y: Math.floor(i / 8) }))
  const order = ({ x, y }: { x: number; y: number }) => (x + y) * 8 + ((x + y) % 2 === 0 ? x : y)
  return cells.sort((a, b) => order(a) - order(b)).map(({ x, y }) => y * 8 + x)
}

function readScan(
  scan: Buffer,
  components: Component[],
  tables: Map<number, Table>,
  { width, height }: { width: number; height: number },
) {
  const bits = createBits(scan)
  const luma = new Uint8Array(width * height)
  const dc = components.map(() => 0)
  for (let row = 0; row < height; row += 16) {
    for (let column = 0; column < width; column += 16) {
      for (const [i, component] of components.entries()) {
        for (let block = 0; block < component.h * component.v; block++) {
          const values = readBlock(bits, component, tables)
          dc[i] = (dc[i] as number) + (values[0] as number)
          values[0] = dc[i] as number
          const x = column + (block % component.h) * 8
          const y = row + Math.floor(block / component.h) * 8
          if (i === 0) paint(luma, values, x, y, width, height)
        }
      }
    }
  }
  return { luma, bytesLeft: bits.left() }
}

function readBlock(bits: ReturnType<typeof createBits>, component: Component, tables: Map<number, Table>) {
  const values = new Array<number>(64).fill(0)
  values[0] = bits.value(bits.symbol(tables.get(component.dc) as Table))
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(tables.get(component.ac) as Table)
    if (symbol === 0) break
    k += symbol >> 4
    values[ZIGZAG[k] as number] = bits.value(symbol & 15)
  }
  return values
}

/** The inverse DCT by its definition; quantisers of 1 leave nothing to multiply. */
function paint(luma: Uint8Array, f: number[], left: number, top: number, width: number, height: number) {
  const flat = f.every((value, i) => i === 0 || value === 0)
  for (let i = 0; i < 64; i++) {
    const x = i % 8
    const y = Math.floor(i / 8)
    if (left + x >= width || top + y >= height) continue
    const sample = flat ? (f[0] as number) / 8 : inverse(f, x, y)
    luma[(top + y) * width + left + x] = Math.min(255, Math.max(0, Math.round(sample + 128)))
  }
}

function inverse(f: number[], x: number, y: number): number {
  let sum = 0
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      const scale = (u === 0 ? Math.SQRT1_2 : 1) * (v === 0 ? Math.SQRT1_2 : 1)
      sum += scale * (f[v * 8 + u] as number) * wave(x, u) * wave(y, v)
    }
  }
  return sum / 4
}

function wave(x: number, u: number): number {
  return Math.cos(((2 * x + 1) * u * Math.PI) / 16)
}
