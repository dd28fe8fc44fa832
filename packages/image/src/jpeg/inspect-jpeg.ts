/**
 * Walks a JPEG marker by marker to EOI, which must be its last byte.
 * Promises one frame with all its tables and components, and enough data to fill it; doesn't decode the data, so other
 * bits of the right structure pass. Format: ITU-T T.81, annex B (https://www.w3.org/Graphics/JPEG/itu-t81.pdf)
 */
import { type Broken, broken, type Inspection, type JpegFlaw, whole } from '../inspection.js'
import { countBlocks, type Frame, parseFrame } from './frame.js'
import { isKnownFrame, isSkipped, isUnsupportedCoding, MARKER } from './markers.js'
import { findScanEnd, parseScan, skipFill } from './scan.js'
import { type Tables, takeHuffman, takeQuantization, takeRestartInterval } from './tables.js'

const SOI_BYTES = 2

/** What the walk has seen so far; `scanned` has a bit for each component, `dataBytes` counts entropy-coded data. */
type Walk = { readonly tables: Tables; frame: Frame | undefined; scanned: number; dataBytes: number }

export function inspectJpeg(bytes: Buffer): Inspection {
  const tables = { quantization: 0, dc: 0, ac: 0, restartInterval: 0 }
  const walk: Walk = { tables, frame: undefined, scanned: 0, dataBytes: 0 }
  let at = SOI_BYTES
  for (;;) {
    if (at < bytes.length && bytes[at] !== 0xff) return malformed('marker_missing', at)
    const code = skipFill(bytes, at)
    const marker = bytes[code]
    if (marker === undefined) return truncated(bytes)
    if (marker === MARKER.EOI) return conclude(bytes, walk, code + 1)
    const next = readSegment(bytes, walk, marker, code + 1)
    if (typeof next !== 'number') return next
    at = next
  }
}

const truncated = (bytes: Buffer): Broken => broken({ code: 'truncated', format: 'jpg', bytes: bytes.length })

const malformed = (detail: JpegFlaw, atByte: number): Broken =>
  broken({ code: 'malformed', format: 'jpg', detail, atByte })

/** Reads the segment whose length stands at `at`, and a scan's data after it; answers where the next marker is due. */
function readSegment(bytes: Buffer, walk: Walk, marker: number, at: number): number | Broken {
  const refused = refuseMarker(marker)
  if (refused !== undefined) return malformed(refused, at - 1)
  if (at + 2 > bytes.length) return truncated(bytes)
  const length = bytes.readUInt16BE(at)
  if (length < 2) return malformed('bad_segment_length', at)
  const end = at + length
  if (end > bytes.length) return truncated(bytes)
  const flaw = takeSegment(walk, marker, bytes.subarray(at + 2, end))
  if (flaw !== undefined) return malformed(flaw, at - 1)
  return marker === MARKER.SOS ? readData(bytes, walk, end) : end
}

function refuseMarker(marker: number): JpegFlaw | undefined {
  if (isUnsupportedCoding(marker)) return 'unsupported_coding'
  const known = isSkipped(marker) || isKnownFrame(marker) || SEGMENTS.has(marker)
  return known ? undefined : 'unexpected_marker'
}

const SEGMENTS: ReadonlySet<number> = new Set([MARKER.DHT, MARKER.DQT, MARKER.DRI, MARKER.SOS])

function takeSegment(walk: Walk, marker: number, body: Buffer): JpegFlaw | undefined {
  switch (marker) {
    case MARKER.DQT:
      return takeQuantization(walk.tables, body)
    case MARKER.DHT:
      return takeHuffman(walk.tables, body)
    case MARKER.DRI:
      return takeRestartInterval(walk.tables, body)
    case MARKER.SOS:
      return takeScan(walk, body)
    default:
      return isKnownFrame(marker) ? takeFrame(walk, marker, body) : undefined
  }
}

function takeFrame(walk: Walk, marker: number, body: Buffer): JpegFlaw | undefined {
  if (walk.frame !== undefined) return 'second_frame'
  const frame = parseFrame(marker, body)
  if (typeof frame === 'string') return frame
  walk.frame = frame
  return undefined
}

function takeScan(walk: Walk, body: Buffer): JpegFlaw | undefined {
  if (walk.frame === undefined) return 'frame_missing'
  const present = parseScan(walk.frame, walk.tables, body)
  if (typeof present === 'string') return present
  walk.scanned |= present
  return undefined
}

function readData(bytes: Buffer, walk: Walk, from: number): number | Broken {
  const end = findScanEnd(bytes, from, walk.tables.restartInterval)
  if (end.kind === 'truncated') return truncated(bytes)
  if (end.kind === 'flaw') return malformed(end.detail, end.at)
  if (end.at === from) return malformed('too_little_data', from)
  walk.dataBytes += end.at - from
  return end.at
}

function conclude(bytes: Buffer, { frame, scanned, dataBytes }: Walk, end: number): Inspection {
  if (frame === undefined) return malformed('frame_missing', end - 2)
  if (scanned !== (1 << frame.components.length) - 1) return malformed('scan_missing', end - 2)
  if (dataBytes < leastDataBytes(frame)) return malformed('too_little_data', end - 2)
  if (end < bytes.length) {
    return broken({ code: 'trailing_bytes', format: 'jpg', atByte: end, trailing: bytes.length - end })
  }
  return whole('jpg', frame.width, frame.height)
}

/** A sequential block takes two codes or more, of a bit or more; a progressive one may share its only bit with others. */
const leastDataBytes = (frame: Frame): number => (frame.progressive ? 1 : Math.ceil(countBlocks(frame) / 4))
