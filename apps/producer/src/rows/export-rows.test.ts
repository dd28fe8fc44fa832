import { describe, expect, it } from 'vitest'
import { csvCell } from './export-rows.js'

describe('csvCell', () => {
  it('keeps formulas from being formulas', () => {
    for (const text of ['=1+1', '+1', '-1', '@a', '\tx', '\rx'])
      expect(csvCell(text).replace(/^"/, '')[0]).toBe("'")
    expect(csvCell('=A1,"x"')).toBe('"\'=A1,""x"""')
  })

  it('quotes what has to be quoted, and leaves numbers alone', () => {
    expect(csvCell('a,b')).toBe('"a,b"')
    expect(csvCell('a\nb')).toBe('"a\nb"')
    expect(csvCell(-5)).toBe('-5')
    expect(csvCell(null)).toBe('')
    expect(csvCell(true)).toBe('true')
  })
})
