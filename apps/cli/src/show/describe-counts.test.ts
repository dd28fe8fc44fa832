import { expect, test } from 'vitest'
import { makeCampaign } from '../testing/make-campaign.js'
import { describeCounts } from './describe-counts.js'
import { renderTable } from './table.js'

test('counts leave out what is zero', () => {
  expect(describeCounts(makeCampaign({}, { total: 1, published: 1 }).counts)).toBe('1 scene: 1 published')
  const mixed = makeCampaign({}, { total: 12_000, published: 11_000, reused: 20, refused: 7, skipped: 3 })
  expect(describeCounts(mixed.counts)).toBe(
    '12,000 scenes: 11,000 published (20 reused), 7 refused, 993 pending, 3 bad rows left out',
  )
  expect(describeCounts(makeCampaign({}, { total: 0, skipped: 1 }).counts)).toContain('1 bad row left out')
})

test('the columns of a table are as wide as their widest cell', () => {
  expect(
    renderTable(
      ['A', 'NAME'],
      [
        ['1234', 'x'],
        ['5', 'y'],
      ],
    ),
  ).toBe('A     NAME\n1234  x\n5     y')
})
