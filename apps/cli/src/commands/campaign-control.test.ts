import { expect, it } from 'vitest'
import { describeCanary, parseErrcodes, parsePriority } from './campaign-control.js'

it('reads errcodes, negative ones too', () => {
  expect(parseErrcodes('41030,-1')).toEqual([41_030, -1])
})

it.each(['', 'a', '41030,', '4 1'])('refuses %j', (text) => {
  expect(() => parseErrcodes(text)).toThrow('expected errcodes')
})

it('reads a priority, and says what it may be', () => {
  expect([parsePriority('1'), parsePriority('9')]).toEqual([1, 9])
  for (const text of ['0', '10', '-3', '5.0', ''])
    expect(() => parsePriority(text), text).toThrow('expected a whole number from 1 to 9')
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
    '2 printed, 1 of them as in the epoch before.',
    'When it waits for you, `campaign resume` lets it go on.',
  ])
  const none = { same: 0, different: 0, items: [] }
  expect(describeCanary({ canary: 2, ...none })).toBe('None is printed yet.')
  expect(describeCanary({ canary: null, same: 0, different: 0, items: items.slice(1) })).not.toContain(
    'resume',
  )
})
