import { expect, test } from 'vitest'
import { describeRefusals } from './describe-refusals.js'

const times = (count: number, reason: string, errcode: number | null = null) =>
  Array.from({ length: count }, () => ({ reason, errcode }))

test('reasons come most frequent first, the rarest in one number', () => {
  const items = [
    ...times(1, 'too_large'),
    ...times(2, 'worker_lost'),
    ...times(40, 'invalid_page', 41030),
    ...times(3, 'invalid_scene', 40169),
    ...times(1, 'invalid_width'),
  ]
  expect(describeRefusals({ items, nextCursor: null })).toBe(
    'Refused: 40 invalid_page (41030), 3 invalid_scene (40169), 2 worker_lost, 2 for other reasons',
  )
})

test('a list that goes on is told as a part', () => {
  expect(describeRefusals({ items: times(1_000, 'too_large'), nextCursor: '1.1000' })).toBe(
    'Refused, of the first 1,000: 1,000 too_large',
  )
})
