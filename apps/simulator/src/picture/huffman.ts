/** The example Huffman tables of ITU T.81, Annex K.3, which nearly every baseline encoder uses. */
export type HuffmanTable = {
  /** How many codes there are of each length 1 to 16. */
  readonly counts: readonly number[]
  /** The symbols in the order of their codes. */
  readonly symbols: readonly number[]
}

/** Code and code length by symbol. */
export type HuffmanCodes = { readonly code: Uint16Array; readonly length: Uint8Array }

const AC_LUMA_SYMBOLS =
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa'
const AC_CHROMA_SYMBOLS =
  '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa'

const DC_SYMBOLS = '000102030405060708090a0b'

export const DC_LUMA: HuffmanTable = table([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], DC_SYMBOLS)
export const DC_CHROMA: HuffmanTable = table([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], DC_SYMBOLS)
export const AC_LUMA: HuffmanTable = table(
  [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  AC_LUMA_SYMBOLS,
)
export const AC_CHROMA: HuffmanTable = table(
  [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
  AC_CHROMA_SYMBOLS,
)

function table(counts: readonly number[], symbols: string): HuffmanTable {
  return { counts, symbols: [...Buffer.from(symbols, 'hex')] }
}

/** Assigns the canonical codes (T.81, Annex C). */
export function assignCodes(from: HuffmanTable): HuffmanCodes {
  const code = new Uint16Array(256)
  const length = new Uint8Array(256)
  let next = 0
  let at = 0
  from.counts.forEach((count, index) => {
    for (let i = 0; i < count; i++) {
      const symbol = from.symbols[at++] ?? 0
      code[symbol] = next++
      length[symbol] = index + 1
    }
    next <<= 1
  })
  return { code, length }
}
