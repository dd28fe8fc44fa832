import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBody } from './body.js'

function sceneOf(text: string, literal = true): unknown {
  const parsed = parseBody(text, literal)
  return 'fields' in parsed ? parsed.fields['scene'] : parsed.errcode
}

test('an escape \\uXXXX stays six characters', () => {
  expect(sceneOf('{"scene":"a\\u0026b"}')).toBe('a\\u0026b')
})

test('it is decoded when the switch is off', () => {
  expect(sceneOf('{"scene":"a\\u0026b"}', false)).toBe('a&b')
})

test('other escapes are decoded, and a doubled backslash before a u is no escape', () => {
  expect(sceneOf('{"scene":"a\\/b\\"c"}')).toBe('a/b"c')
  expect(sceneOf('{"scene":"\\\\u0026"}')).toBe('\\u0026')
  expect(sceneOf('{"scene":"\\\\\\u0026"}')).toBe('\\\\u0026')
})

test('any text without \\u reads as plain JSON reads it', () => {
  fc.assert(
    fc.property(fc.string(), (scene) => {
      const text = JSON.stringify({ scene })
      fc.pre(!text.includes('\\u'))
      expect(sceneOf(text)).toBe(scene)
    }),
  )
})

test.each([
  ['', 44002],
  [' \n', 44002],
  ['scene=1', 47001],
  ['[]', 47001],
  ['null', 47001],
  ['"s"', 47001],
  ['{"scene":', 47001],
])('the body %j is %i', (text, errcode) => {
  expect(parseBody(text, true)).toEqual({ errcode })
})
