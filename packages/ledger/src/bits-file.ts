/** A bitmap as a file: a line of JSON that says what it is, with a checksum over the bits, and then the bits as they are. Pure. */
import { createHash } from 'node:crypto'

const VERSION = 1
const NEWLINE = 0x0a
/** No head is longer. */
const MOST_HEAD_BYTES = 1_024

interface BitsHead {
  readonly v: number
  readonly kind: string
  readonly sha256: string
}

export function toBits(head: { readonly kind: string }, bits: Buffer): Buffer {
  const line = JSON.stringify({ v: VERSION, ...head, sha256: sha256Of(bits) })
  return Buffer.concat([Buffer.from(`${line}\n`), bits])
}

/** null for what is missing, damaged, of another kind, size or version. The bits are a copy. */
export function parseBits<Head>(
  bytes: Uint8Array | null,
  kind: string,
  total: number,
): { head: Head; bits: Buffer } | null {
  if (bytes === null) return null
  const end = bytes.subarray(0, MOST_HEAD_BYTES).indexOf(NEWLINE)
  const head = end === -1 ? null : parseHead(Buffer.from(bytes.subarray(0, end)).toString('utf8'))
  if (head === null || head.v !== VERSION || head.kind !== kind) return null
  const bits = Buffer.from(bytes.subarray(end + 1))
  if (bits.length !== bitsLength(total) || sha256Of(bits) !== head.sha256) return null
  return { head: withoutFile(head) as Head, bits }
}

export const bitsLength = (total: number): number => Math.ceil(total / 8)

const withoutFile = ({ v: _v, kind: _kind, sha256: _sha256, ...rest }: BitsHead): object => rest

function parseHead(line: string): BitsHead | null {
  try {
    return JSON.parse(line) as BitsHead
  } catch {
    return null
  }
}

const sha256Of = (bits: Uint8Array): string => createHash('sha256').update(bits).digest('hex')
