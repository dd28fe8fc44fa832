/** A part of a file, without the rest. */
import { open } from 'node:fs/promises'

/** Bytes `from` to `to`, both included, as far as the file has them. */
export async function readPart(path: string, from: number, to: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const part = Buffer.allocUnsafe(Math.max(0, Math.min(to + 1, size) - from))
    let filled = 0
    while (filled < part.byteLength) {
      const { bytesRead } = await file.read(part, filled, part.byteLength - filled, from + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return part.subarray(0, filled)
  } finally {
    await file.close()
  }
}
