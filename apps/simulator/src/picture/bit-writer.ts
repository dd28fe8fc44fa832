/** Writes an entropy-coded JPEG segment: most significant bit first, a zero stuffed after every 0xFF. */
export type BitWriter = {
  /** Appends the low `length` bits of `bits`; length 1 to 16. */
  put(bits: number, length: number): void
  /** Pads with ones to a whole byte and returns what was written. */
  finish(): Uint8Array
}

/** @param expectedBytes a first guess of the size; the buffer doubles when it is too small. */
export function createBitWriter(expectedBytes: number): BitWriter {
  let bytes = new Uint8Array(Math.max(64, expectedBytes))
  let size = 0
  let pending = 0
  let pendingBits = 0

  function putByte(byte: number): void {
    if (size + 2 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2)
      larger.set(bytes)
      bytes = larger
    }
    bytes[size++] = byte
    if (byte === 0xff) bytes[size++] = 0
  }

  function put(bits: number, length: number): void {
    pending = (pending << length) | (bits & ((1 << length) - 1))
    pendingBits += length
    while (pendingBits >= 8) {
      pendingBits -= 8
      putByte((pending >>> pendingBits) & 0xff)
    }
    pending &= (1 << pendingBits) - 1
  }

  function finish(): Uint8Array {
    if (pendingBits > 0) put((1 << (8 - pendingBits)) - 1, 8 - pendingBits)
    return bytes.slice(0, size)
  }

  return { put, finish }
}
