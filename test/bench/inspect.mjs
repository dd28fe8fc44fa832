/**
 * Times the inspection of a picture beside a sha256 of the same bytes: `node test/bench/inspect.mjs`, after a build.
 * The JPEG is 60 kB with one FF in a hundred bytes, denser than noise; the PNG is 30 kB of 430 × 430 RGBA, most of
 * whose time is zlib's.
 */
import { createHash, randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import { inspectPicture } from '../../packages/image/dist/index.js'

const SIDE = 430
const JPEG_ROUNDS = 10_000
const PNG_ROUNDS = 1_000
const COPIES = 20

const segment = (marker, ...body) => [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body]

/** The structure of WeChat's JPEGs (baseline, 4:2:0, quality 100) around random data, which inspection doesn't decode. */
function makeJpeg(size) {
  const table = (slot) => [slot, 2, ...Array(15).fill(0), 0, 1]
  const head = [
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array(64).fill(1)),
    ...segment(0xc0, 8, SIDE >> 8, SIDE & 255, SIDE >> 8, SIDE & 255, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0),
    ...segment(0xc4, ...table(0x00), ...table(0x10)),
    ...segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
  ]
  const data = randomBytes(size - head.length - 2).map((byte) => byte & 0xfe)
  for (let at = 50; at + 1 < data.length; at += 100) data.set([0xff, 0x00], at)
  return Buffer.concat([Buffer.from(head), data, Buffer.from([0xff, 0xd9])])
}

function makePng(size) {
  const chunk = (type, data) => {
    const bytes = Buffer.alloc(data.length + 12)
    bytes.writeUInt32BE(data.length, 0)
    bytes.write(type, 4, 'latin1')
    bytes.set(data, 8)
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), data.length + 8)
    return bytes
  }
  const header = Buffer.from([0, 0, SIDE >> 8, SIDE & 255, 0, 0, SIDE >> 8, SIDE & 255, 8, 6, 0, 0, 0])
  const rows = Buffer.alloc(SIDE * (1 + SIDE * 4))
  // A byte of noise amid zeros packs to some two bytes and a half; it is spread over all the rows.
  const noise = randomBytes(size * 0.42)
  noise.forEach((byte, at) => {
    const offset = Math.floor((at * rows.length) / noise.length)
    if (offset % (1 + SIDE * 4) !== 0) rows[offset] = byte
  })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function microseconds(pictures, rounds, work) {
  for (let round = 0; round < rounds / 2; round++) work(pictures[round % pictures.length])
  const start = process.hrtime.bigint()
  for (let round = 0; round < rounds; round++) work(pictures[round % pictures.length])
  return Number(process.hrtime.bigint() - start) / 1000 / rounds
}

function measure(format, rounds, pictures) {
  const expected = { format, width: SIDE }
  const broken = pictures.map((bytes) => inspectPicture(bytes, expected)).find(({ whole }) => !whole)
  if (broken) throw new Error(`the bench's own ${format} is broken: ${JSON.stringify(broken)}`)
  const inspection = microseconds(pictures, rounds, (bytes) => inspectPicture(bytes, expected))
  const sha256 = microseconds(pictures, rounds, (bytes) => createHash('sha256').update(bytes).digest())
  const result = {
    format,
    bytes: pictures[0].length,
    inspectUs: +inspection.toFixed(1),
    sha256Us: +sha256.toFixed(1),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

measure(
  'jpg',
  JPEG_ROUNDS,
  Array.from({ length: COPIES }, () => makeJpeg(60_000)),
)
measure(
  'png',
  PNG_ROUNDS,
  Array.from({ length: COPIES }, () => makePng(30_000)),
)
