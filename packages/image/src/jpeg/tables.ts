/**
 * Reads a JPEG's table segments: quantisation (DQT), Huffman (DHT) and restart interval (DRI).
 * Keeps only which tables were defined; the values are checked for being possible, then dropped.
 */
import type { JpegFlaw } from '../inspection.js'

/** One bit for each table slot (0–3) that has been defined. */
export type Tables = { quantization: number; dc: number; ac: number; restartInterval: number }

export const hasTable = (defined: number, slot: number): boolean => ((defined >> slot) & 1) === 1

export function takeQuantization(tables: Tables, body: Buffer): JpegFlaw | undefined {
  let at = 0
  while (at < body.length) {
    const head = body.readUInt8(at)
    const precision = head >> 4
    const slot = head & 15
    const end = at + 1 + 64 * (precision + 1)
    if (precision > 1 || slot > 3 || end > body.length) return 'bad_quantization_table'
    tables.quantization |= 1 << slot
    at = end
  }
  return body.length === 0 ? 'bad_quantization_table' : undefined
}

const LENGTHS = 16
const MAX_SYMBOLS = 256

export function takeHuffman(tables: Tables, body: Buffer): JpegFlaw | undefined {
  let at = 0
  while (at < body.length) {
    const head = body.readUInt8(at)
    const symbols = countSymbols(body.subarray(at + 1, at + 1 + LENGTHS))
    const end = at + 1 + LENGTHS + symbols
    if (symbols < 1 || end > body.length || head >> 4 > 1 || (head & 15) > 3) return 'bad_huffman_table'
    if (head >> 4 === 0) tables.dc |= 1 << (head & 15)
    else tables.ac |= 1 << (head & 15)
    at = end
  }
  return body.length === 0 ? 'bad_huffman_table' : undefined
}

/** How many symbols the counts by code length (1–16 bits) give a code to; -1 if there aren't that many codes. */
function countSymbols(counts: Uint8Array): number {
  if (counts.length < LENGTHS) return -1
  let symbols = 0
  let freeCodes = 1
  for (const count of counts) {
    freeCodes = freeCodes * 2 - count
    if (freeCodes < 0) return -1
    symbols += count
  }
  return symbols <= MAX_SYMBOLS ? symbols : -1
}

export function takeRestartInterval(tables: Tables, body: Buffer): JpegFlaw | undefined {
  if (body.length !== 2) return 'bad_restart_interval'
  tables.restartInterval = body.readUInt16BE(0)
  return undefined
}
