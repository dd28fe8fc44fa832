import { expect, it } from 'vitest'
import { parseErrcodes } from './campaign-control.js'

it('reads errcodes, negative ones too', () => {
  expect(parseErrcodes('41030,-1')).toEqual([41_030, -1])
})

it.each(['', 'a', '41030,', '4 1'])('refuses %j', (text) => {
  expect(() => parseErrcodes(text)).toThrow('expected errcodes')
})
