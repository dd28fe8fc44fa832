import { describe, expect, it } from 'vitest'
import { MOST_DEPTH, MOST_FIELDS, readJson } from './read-json.js'

const read = (text: string): unknown => readJson(Buffer.from(text))
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('readJson', () => {
  it('reads JSON, and an empty body as none', () => {
    expect(read('{"a":[1,"[[[\\"[["]}')).toEqual({ a: [1, '[[["[['] })
    expect(read('')).toBeUndefined()
  })

  it('refuses what nests too deep, before parsing it', () => {
    expect(read(nested(MOST_DEPTH))).toBeDefined()
    expect(() => read(nested(MOST_DEPTH + 1))).toThrow('deeper')
    expect(() => read('['.repeat(9_000_000))).toThrow('deeper')
  })

  it('refuses an object of too many fields, before parsing it', () => {
    const wide = (count: number) => `{${Array.from({ length: count }, (_, n) => `"${n}":":"`).join()}}`
    expect(read(wide(MOST_FIELDS))).toBeDefined()
    expect(read(`[${wide(600)},${wide(600)}]`)).toBeDefined()
    expect(() => read(wide(MOST_FIELDS + 1))).toThrow('fields')
    expect(() => read(`{"a":{},"b":[${wide(MOST_FIELDS + 1)}`)).toThrow('fields')
    expect(() => read(`]]]]${wide(MOST_FIELDS + 1)}`)).toThrow()
  })

  it('does not count brackets in strings', () => {
    expect(read(JSON.stringify('[{'.repeat(100)))).toBe('[{'.repeat(100))
  })

  it('refuses what is not JSON, and what is not UTF-8', () => {
    expect(() => read('{"a":')).toThrow('not JSON: line 1, column 6.')
    expect(() => read('{\n  "a": 1,\n  "b": nil\n}')).toThrow('not JSON: line 3, column 8.')
    expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8')
  })

  it('gives __proto__ as a field, and changes no prototype', () => {
    const value = read('{"__proto__":{"polluted":1}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
