import { describe, expect, it } from 'vitest'
import { jsonErrorAt } from './json-error.js'

describe('jsonErrorAt', () => {
  it.each([
    ['{"a":', 5],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{'a':1}", 1],
    ['[1 2]', 3],
    ['[1,2', 4],
    ['{"a":1} x', 8],
    ['{"a":01}', 5],
    ['{"a":nul}', 5],
    ['"a\nb"', 2],
    ['"a\\x"', 2],
    ['"a', 2],
    [' \n', 2],
    ['{"a":[true,{"b":-1.5e3}],"c":"\\u00e9"} ]', 39],
  ])('finds where %j stops being JSON', (text, at) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(jsonErrorAt(text)).toBe(at)
  })

  it('finds nothing in what is JSON', () => {
    const text = JSON.stringify({ a: [1, -0.5, 1e21, true, null, '"\\\n', {}, []], b: { c: [[]] } }, null, 2)
    expect(jsonErrorAt(text)).toBe(text.length)
  })

  it('goes through megabytes', () => {
    const text = `["${'x'.repeat(9_000_000)}`
    expect(jsonErrorAt(text)).toBe(text.length)
  })
})
