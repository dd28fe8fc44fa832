/** The markers of a JPEG that the walk knows by name (ITU-T T.81, table B.1). */
export const MARKER = {
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  JPG: 0xc8,
  DAC: 0xcc,
  RST0: 0xd0,
  RST7: 0xd7,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  DRI: 0xdd,
  APP0: 0xe0,
  APP15: 0xef,
  COM: 0xfe,
} as const

export const isRestart = (marker: number): boolean => marker >= MARKER.RST0 && marker <= MARKER.RST7

/** Application data and comments: skipped by their length. */
export const isSkipped = (marker: number): boolean =>
  (marker >= MARKER.APP0 && marker <= MARKER.APP15) || marker === MARKER.COM

/** Baseline, extended sequential and progressive, all with Huffman coding. */
export const isKnownFrame = (marker: number): boolean => marker >= MARKER.SOF0 && marker <= MARKER.SOF2

/** Lossless, hierarchical and arithmetic frames, and the tables of the latter: nobody sends them, few can open them. */
export const isUnsupportedCoding = (marker: number): boolean =>
  marker > MARKER.SOF2 && marker <= 0xcf && marker !== MARKER.DHT
