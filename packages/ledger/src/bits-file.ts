/**
 * Scenes of a campaign as a file: a line of JSON that says what they are, and behind it a bit each, or, where they are few, a list
 * of their numbers. With a checksum over line and scenes together: one changed number makes it another file. Pure.
 */
import { createHash } from 'node:crypto'
import { bitmapSet, listSet, type SceneSet, sceneIndexes } from './scene-set.js'

const VERSION = 2
/** Its checksum is over the bits alone. */
const OLD_VERSION = 1
const NEWLINE = 0x0a
/** No head is longer. */
const MOST_HEAD_BYTES = 1_024
/** Of a number in a list, big-endian. */
const NUMBER_BYTES = 4

interface FileHead {
  readonly v: number
  readonly kind: string
  readonly sha256: string
  readonly list?: true
}

export const toBits = (head: { readonly kind: string }, bits: Buffer): Buffer => toFile(head, bits)

/** As bits, or as a list where that is shorter. */
export function toScenes(head: { readonly kind: string }, bits: Buffer): Buffer {
  const indexes = sceneIndexes(bits, Math.floor(bits.length / NUMBER_BYTES))
  if (indexes === null) return toFile(head, bits)
  const body = Buffer.alloc(indexes.length * NUMBER_BYTES)
  for (const [at, index] of indexes.entries()) body.writeUInt32BE(index, at * NUMBER_BYTES)
  return toFile({ ...head, list: true }, body)
}

/** null for what is missing, damaged, of another kind, size or version. The bits are a copy. */
export function parseBits<Head>(
  bytes: Uint8Array | null,
  kind: string,
  total: number,
): { head: Head; bits: Buffer } | null {
  const found = parseFile(bytes, kind)
  if (found === null || found.isList || found.body.length !== bitsLength(total)) return null
  return { head: found.head as Head, bits: Buffer.from(found.body) }
}

/** The same, for both forms. */
export function parseScenes<Head>(
  bytes: Uint8Array | null,
  kind: string,
  total: number,
): { head: Head; scenes: SceneSet } | null {
  const found = parseFile(bytes, kind)
  if (found === null) return null
  const { head, isList, body } = found
  if (!isList)
    return body.length === bitsLength(total)
      ? { head: head as Head, scenes: bitmapSet(Buffer.from(body)) }
      : null
  if (body.length % NUMBER_BYTES !== 0) return null
  const indexes = Uint32Array.from({ length: body.length / NUMBER_BYTES }, (_, at) =>
    body.readUInt32BE(at * NUMBER_BYTES),
  )
  return (indexes.at(-1) ?? 0) < total ? { head: head as Head, scenes: listSet(indexes) } : null
}

export const bitsLength = (total: number): number => Math.ceil(total / 8)

function toFile(head: object, body: Buffer): Buffer {
  const said = { v: VERSION, ...head }
  const line = JSON.stringify({ ...said, sha256: digestOf([JSON.stringify(said), body]) })
  return Buffer.concat([Buffer.from(`${line}\n`), body])
}

function parseFile(
  bytes: Uint8Array | null,
  kind: string,
): { head: object; isList: boolean; body: Buffer } | null {
  if (bytes === null) return null
  const end = bytes.subarray(0, MOST_HEAD_BYTES).indexOf(NEWLINE)
  const head = end === -1 ? null : parseHead(Buffer.from(bytes.subarray(0, end)).toString('utf8'))
  if (head === null || head.kind !== kind) return null
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + end + 1, bytes.byteLength - end - 1)
  if (!isWhole(head, body)) return null
  const { v: _v, kind: _kind, sha256: _sha256, list, ...rest } = head
  return { head: rest, isList: list === true, body }
}

function isWhole({ sha256, ...said }: FileHead, body: Buffer): boolean {
  if (said.v === OLD_VERSION) return digestOf([body]) === sha256
  return said.v === VERSION && digestOf([JSON.stringify(said), body]) === sha256
}

function parseHead(line: string): FileHead | null {
  try {
    return JSON.parse(line) as FileHead | null
  } catch {
    return null
  }
}

function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
