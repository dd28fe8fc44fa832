import { expect, test } from 'vitest'
import { describeBadRow } from '../show/describe-error.js'
import { describeFailure } from './campaign-rows.js'

const failure = {
  type: 'code.refused',
  v: 1,
  id: 'c.5',
  app: 'wx0123456789abcdef',
  campaign: 'c',
  index: 5,
  n: 1,
  scene: 's=6',
  ref: 'SHOP-6',
  errcode: 41030,
  reason: 'invalid_page',
  rid: '66f0',
  attempts: 2,
  refusedAt: '2026-01-02T03:04:05.678Z',
} as const

test('a failure is one line of what is known', () => {
  expect(describeFailure(failure)).toBe(
    '5  s=6  ref SHOP-6  invalid_page  errcode 41030  2 attempts  rid 66f0',
  )
  expect(describeFailure({ ...failure, ref: null, errcode: null, rid: null, attempts: 1 })).toBe(
    '5  s=6  invalid_page  1 attempt',
  )
})

test('a bad row is a line for each defect, with its place', () => {
  const defect = (field: string) => ({ field, rule: 'r', value: 1, message: `${field}: expected text` })
  expect(describeBadRow({ line: 3, errors: [defect('scene'), defect('page')] })).toBe(
    'line 3  scene: expected text\nline 3  page: expected text',
  )
  expect(describeBadRow({ pointer: '/scenes/1', errors: [defect('scene')] })).toBe(
    'scene 2 of --scenes  scene: expected text',
  )
})
