import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Framed, MAX_LINE_BYTES, RecordFramer } from './record-framer.js'

/** Flat: for each record its line and text, for each defect its line and rule. */
function told(framed: readonly Framed[]): unknown[] {
  return framed.flatMap((piece) => {
    if ('bad' in piece) return [[piece.bad.line, piece.bad.defect.rule]]
    const { bytes, starts, lines } = piece.span
    return lines.map((line, i) => [
      line,
      bytes.toString('latin1', starts[i], starts[i + 1]).replace(/[\r\n]+$/, ''),
    ])
  })
}

function frame(bytes: Buffer, size: number): unknown[] {
  const framer = new RecordFramer(true)
  const framed: Framed[] = []
  for (let at = 0; at < bytes.length; at += size)
    framed.push(...framer.push(bytes.subarray(at, at + size), false))
  return told([...framed, ...framer.push(Buffer.alloc(0), true)])
}

describe('RecordFramer', () => {
  it('holds no more than one record of 64 kB, whether a line never ends or a quote never closes', () => {
    const block = Buffer.alloc(50_000, 'x')
    for (const start of ['x', '"', '"\n', 'a,"b\n"",']) {
      const framer = new RecordFramer(true)
      framer.push(Buffer.from(start), false)
      for (let i = 0; i < 200; i++) {
        framer.push(block, false)
        expect(framer.heldBytes).toBeLessThanOrEqual(MAX_LINE_BYTES + 2)
      }
    }
  })

  it('frames alike however the body is cut, around the limit too', () => {
    const part = fc.oneof(
      fc.constantFrom('"', '""', ',', '\n', '\r\n', 'a', '"a"', '"\n'),
      fc.integer({ min: MAX_LINE_BYTES - 4, max: MAX_LINE_BYTES + 4 }).map((length) => 'x'.repeat(length)),
      fc.constantFrom('y\n'.repeat(20_000), `${'z'.repeat(98)}\r\n`.repeat(700)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.integer({ min: 1, max: 100_000 }), (parts, seed) => {
        const bytes = Buffer.from(parts.join(''))
        const whole = JSON.stringify(frame(bytes, bytes.length + 1))
        for (const size of [seed + 9_999, 65_536])
          expect(JSON.stringify(frame(bytes, size)) === whole).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('frames alike when a block ends between any two bytes', () => {
    const part = fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'a', '"a"', '"\r\n')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.integer({ min: 1, max: 6 }), (parts, size) => {
        const bytes = Buffer.from(parts.join(''))
        expect(frame(bytes, size)).toEqual(frame(bytes, bytes.length + 1))
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not join lines by quotes when told that there are none', () => {
    const framer = new RecordFramer(false)
    expect(told(framer.push(Buffer.from('"a\nb"\n'), true))).toEqual([
      [1, '"a'],
      [2, 'b"'],
    ])
  })
})
