/**
 * The verdict of an inspection: a picture is whole, or has one named defect.
 * Codes and flaws are stable words to switch on and to count by; no defect ever carries the picture's bytes.
 */

export type Format = 'jpg' | 'png'

export type ContentType = 'image/jpeg' | 'image/png'

/** `width` and `height` are pixels. */
export type Whole = {
  whole: true
  format: Format
  width: number
  height: number
  contentType: ContentType
}

export type Broken = { whole: false; defect: Defect }

export type Inspection = Whole | Broken

/** Where the walk through a JPEG met something that the format doesn't allow. */
export type JpegFlaw =
  | 'bad_dimensions'
  | 'bad_frame'
  | 'bad_huffman_table'
  | 'bad_quantization_table'
  | 'bad_restart_interval'
  | 'bad_scan'
  | 'bad_segment_length'
  | 'bad_stuffing'
  | 'frame_missing'
  | 'marker_missing'
  | 'restart_out_of_order'
  | 'scan_missing'
  | 'second_frame'
  | 'table_missing'
  | 'too_little_data'
  | 'unexpected_marker'
  | 'unsupported_coding'

/** Where the walk through a PNG met something that the format doesn't allow. */
export type PngFlaw =
  | 'bad_chunk_length'
  | 'bad_dimensions'
  | 'bad_end'
  | 'bad_filter'
  | 'bad_header'
  | 'bad_palette'
  | 'data_length'
  | 'data_missing'
  | 'data_scattered'
  | 'data_undecodable'
  | 'header_missing'
  | 'palette_missing'
  | 'second_header'
  | 'unknown_chunk'

/** What bytes that are no image look like: an upstream's error page, its error document, prose, or nothing known. */
export type Resemblance = 'html' | 'json' | 'text' | 'unknown'

/** Images that are known by their first bytes but never expected. */
export type ForeignFormat = 'gif' | 'webp' | 'bmp'

/** `atByte` counts from the first byte of the picture. */
export type Defect =
  | { code: 'empty' }
  | { code: 'not_an_image'; looksLike: Resemblance }
  | { code: 'truncated'; format: Format; bytes: number }
  | { code: 'trailing_bytes'; format: Format; atByte: number; trailing: number }
  | { code: 'malformed'; format: 'jpg'; detail: JpegFlaw; atByte: number }
  | { code: 'malformed'; format: 'png'; detail: PngFlaw; atByte: number }
  | { code: 'bad_crc'; format: 'png'; chunk: string; atByte: number }
  | { code: 'wrong_size'; format: Format; expectedWidth: number; width: number; height: number }
  | { code: 'wrong_format'; expected: readonly Format[]; actual: Format | ForeignFormat }

export type DefectCode = Defect['code']

export const CONTENT_TYPES: Readonly<Record<Format, ContentType>> = { jpg: 'image/jpeg', png: 'image/png' }

/** Sides above this (pixels) are a defect: WeChat's largest code is 1,280, and the cap bounds what a PNG may unpack to. */
export const MAX_SIDE = 4096

export const broken = (defect: Defect): Broken => ({ whole: false, defect })

export const whole = (format: Format, width: number, height: number): Whole => ({
  whole: true,
  format,
  width,
  height,
  contentType: CONTENT_TYPES[format],
})

export const isSide = (pixels: number): boolean => pixels >= 1 && pixels <= MAX_SIDE
