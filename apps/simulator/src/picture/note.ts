/**
 * What a picture says about itself: the request it answers, as JSON in a JPEG comment segment or a PNG text chunk.
 * It lets a test prove that the right code was kept for the right scene.
 */
export type PictureNote = {
  readonly v: 1
  readonly appid: string
  /** The route's last part, for example getwxacodeunlimit. */
  readonly endpoint: string
  /** False when the request left `page` out: WeChat is reported to print no scene then. */
  readonly carriesScene: boolean
  /** The request's fields, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>
}

export const PNG_KEYWORD = 'Comment'

/** ASCII only, so that it fits a Latin-1 text chunk. */
export function writeNote(note: PictureNote): string {
  return JSON.stringify(note).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The note of a picture that this simulator drew, or undefined when the bytes hold none. */
export function readNote(bytes: Uint8Array): PictureNote | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = file[0] === 0x89 ? pngText(file) : jpegComment(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as PictureNote
  } catch {
    return undefined
  }
}

function jpegComment(file: Buffer): string | undefined {
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== 0xda; ) {
    const length = file.readUInt16BE(at + 2)
    if (file[at + 1] === 0xfe) return file.toString('utf8', at + 4, at + 2 + length)
    at += 2 + length
  }
  return undefined
}

function pngText(file: Buffer): string | undefined {
  for (let at = 8; at + 8 <= file.length; ) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    if (type === 'tEXt') return file.toString('latin1', at + 8 + PNG_KEYWORD.length + 1, at + 8 + length)
    at += 12 + length
  }
  return undefined
}
