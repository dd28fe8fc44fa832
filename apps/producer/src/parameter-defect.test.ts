import { describe, expect, it } from 'vitest'
import { parameterDefect } from './parameter-defect.js'

const KNOWN = {
  cursor: { type: 'string' },
  limit: { type: 'integer', minimum: 1, maximum: 1_000 },
  lane: { enum: ['unlimited', 'limited'] },
}

describe('parameterDefect', () => {
  it.each([
    ['limit', 100_000, 'value', 'limit: expected a whole number from 1 to 1000, got 100000'],
    ['limit', 'x', 'value', 'limit: expected a whole number from 1 to 1000, got "x"'],
    ['cursor', ['a', 'b'], 'value', 'cursor: expected one text, got ["a","b"]'],
    ['lane', 'foo', 'value', 'lane: expected unlimited | limited, got "foo"'],
    ['cursor', undefined, 'required', 'cursor: expected one text, got nothing'],
    ['limit', undefined, 'required', 'limit: expected a whole number from 1 to 1000, got nothing'],
    ['foo', 'abc', 'unknown', 'foo: expected one of cursor, limit, lane, got "abc"'],
    ['toString', '1', 'unknown', 'toString: expected one of cursor, limit, lane, got "1"'],
  ])('says of %s %j what was expected and what came', (field, value, rule, message) => {
    expect(parameterDefect(field, value, KNOWN)).toEqual({ field, rule, value, message })
  })
})
