import { expect, it } from 'vitest'
import { describeCanary, parseErrcodes } from './campaign-control.js'

it('reads errcodes, negative ones too', () => {
  expect(parseErrcodes('41030,-1')).toEqual([41_030, -1])
})

it.each(['', 'a', '41030,', '4 1'])('refuses %j', (text) => {
  expect(() => parseErrcodes(text)).toThrow('expected errcodes')
})

it('tells which pictures are still the old ones', () => {
  const before = { epoch: 1, url: 'http://x/old' }
  const items = [
    { index: 0, scene: 's=1', url: 'http://x/1', before, same: true },
    { index: 1, scene: 's=2', url: 'http://x/2', before: null, same: null },
  ]
  expect(describeCanary({ canary: 2, same: 1, different: 0, items }).split('\n')).toEqual([
    's=1  http://x/1  as in the epoch before',
    's=2  http://x/2',
    '2 printed, 1 of them as in the epoch before. `campaign resume` lets it go on.',
  ])
})
