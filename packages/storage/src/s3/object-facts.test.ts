import { describe, expect, it } from 'vitest'
import { readFacts } from './object-facts.js'

const sha256 = 'ab'.repeat(32)

describe("an object's headers", () => {
  it('tell size, checksum, width and, to the millisecond, when it was put', () => {
    const headers = {
      'content-length': '51234',
      'last-modified': 'Fri, 20 Nov 2026 10:00:00 GMT',
      'x-amz-meta-closed-at': '1795168800123',
      'x-amz-meta-sha256': sha256,
      'x-amz-meta-width': '430',
    }
    expect(readFacts(headers)).toMatchObject({
      bytes: 51_234,
      closedAtMs: 1_795_168_800_123,
      sha256,
      width: 430,
    })
  })

  it('tell when it was last modified, when it came by other means', () => {
    const facts = readFacts({ 'content-length': '1', 'last-modified': 'Fri, 20 Nov 2026 10:00:00 GMT' })
    expect(facts).toMatchObject({
      closedAtMs: Date.UTC(2026, 10, 20, 10),
      sha256: null,
      width: null,
      put: null,
    })
  })

  it('tell the size of the whole in answers to ranges', () => {
    expect(readFacts({ 'content-length': '10', 'content-range': 'bytes 0-9/51234' }).bytes).toBe(51_234)
  })

  it('are not believed when they are no checksum and no number', () => {
    const facts = readFacts({
      'x-amz-meta-sha256': 'ABC',
      'x-amz-meta-width': '-1',
      'x-amz-meta-closed-at': 'soon',
    })
    expect(facts).toMatchObject({ sha256: null, width: null, closedAtMs: 0 })
  })
})
