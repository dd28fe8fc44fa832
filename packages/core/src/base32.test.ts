import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base32 } from './base32.js'

describe('base32', () => {
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('agrees with RFC 4648 on %j, lower case and unpadded', (text, expected) => {
    expect(base32(Buffer.from(text))).toBe(expected)
  })

  it('makes 52 characters of 32 bytes, and other characters of other bytes', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(base32(a)).toMatch(/^[a-z2-7]{52}$/)
        expect(base32(a) === base32(b)).toBe(Buffer.compare(a, b) === 0)
      }),
    )
  })
})
