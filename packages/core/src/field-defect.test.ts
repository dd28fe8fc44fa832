import { describe, expect, it } from 'vitest'
import { defective, fieldDefect, parsed, showValue } from './field-defect.js'

describe('fieldDefect', () => {
  it('says what was expected and what came', () => {
    expect(fieldDefect('look.width', 'value', 'a whole number', '430')).toEqual({
      field: 'look.width',
      rule: 'value',
      value: '430',
      message: 'look.width: expected a whole number, got "430"',
    })
  })

  it('cuts long values of any type in the value as in the message', () => {
    for (const long of ['x'.repeat(10_000), { long: 'x'.repeat(10_000) }, ['x'.repeat(10_000)]]) {
      const defect = fieldDefect('scene', 'length', 'less', long)
      expect(JSON.stringify(defect).length).toBeLessThan(400)
      expect(defect.message).toMatch(/…$/)
      expect(defect.value).toMatch(/^.{80}…$/)
    }
  })

  it('keeps short values of other types as they came', () => {
    expect(fieldDefect('a', 'type', 'b', { r: 1 }).value).toEqual({ r: 1 })
    expect(fieldDefect('a', 'type', 'b', null).value).toBeNull()
  })

  it('is well-formed text even where a cut or the input is not', () => {
    for (const value of [`${'x'.repeat(79)}😀${'x'.repeat(9)}`, 'a\ud83d']) {
      const { message, value: shown } = fieldDefect('a', 'b', 'c', value)
      expect([message.isWellFormed(), (shown as string).isWellFormed()]).toEqual([true, true])
    }
  })
})

describe('showValue', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['a"b', '"a\\"b"'],
    [12, '12'],
    [[1, 'a'], '[1,"a"]'],
    [Symbol('x'), 'Symbol(x)'],
    [10n, '10'],
  ])('shows %s', (value, expected) => {
    expect(showValue(value)).toBe(expected)
  })

  it('shows what JSON can not', () => {
    const ring: unknown[] = []
    ring.push(ring)
    expect(showValue(ring)).toBe('[object Array]')
  })
})

describe('Parsed', () => {
  it('is either a value or all defects', () => {
    const defect = fieldDefect('a', 'b', 'c', 1)
    expect(parsed(1)).toEqual({ ok: true, value: 1 })
    expect(defective(defect, defect)).toEqual({ ok: false, defects: [defect, defect] })
  })
})
