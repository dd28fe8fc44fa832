import { describe, expect, it } from 'vitest'
import { unknownFields } from './unknown-fields.js'

const KNOWN = new Set(['a', 'b'])
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x${n}`, n]))

describe('unknownFields', () => {
  it('names each field that is not known, and what is known', () => {
    const defects = unknownFields({ a: 1, c: 2 }, KNOWN, (name) => `look.${name}`)
    expect(defects).toEqual([
      { field: 'look.c', rule: 'unknown', value: 2, message: 'look.c: expected one of a, b, got 2' },
    ])
  })

  it('names 20 of them, without a word of more', () => {
    const defects = unknownFields(many(20), KNOWN)
    expect(defects).toHaveLength(20)
    expect(defects.at(-1)?.message).toBe('x19: expected one of a, b, got 19')
  })

  it('names no more than 20, and says how many more there are', () => {
    const defects = unknownFields(many(100_000), KNOWN)
    expect(defects).toHaveLength(20)
    expect(defects.at(-1)?.message).toBe('x19: expected one of a, b, got 19, and 99980 more unknown fields')
  })
})
