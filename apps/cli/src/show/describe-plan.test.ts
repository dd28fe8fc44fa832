import type { Plan } from '@sunpress/client'
import { expect, it } from 'vitest'
import { describePlan, renderBytes } from './describe-plan.js'

const plan: Plan = {
  ...{ app: 'wx0123456789abcdef', rows: 200_000, invalidRows: 0, errors: [], duplicates: 0 },
  ...{ alreadyPublished: 150_000, calls: 50_000, estimated: true, perMinute: 4_900, days: 1 },
  ...{ etaSeconds: 613, finishAt: '2026-01-01T00:00:00.000Z', lifetime: null },
  storage: { bytes: 2_750_000_000, bytesEach: 55_000, seen: false, by: 'formula' },
}

it('says what a campaign comes to', () => {
  expect(describePlan(plan).split('\n')).toEqual([
    'rows               200,000',
    'already published  about 150,000',
    'calls to WeChat    about 50,000, at most 4,900 a minute',
    'takes              10 min 13 s, beside what is printed now',
    'storage            2.8 GB, 55 kB each, assumed from the width',
  ])
})

it('tells of bad rows, repeats and the lifetime', () => {
  const defect = { field: 'scene', rule: 'charset', value: 'x y', message: 'scene: expected no space' }
  const told = describePlan({
    ...plan,
    ...{ invalidRows: 1, duplicates: 2, errors: [{ line: 3, errors: [defect] }], estimated: false },
    lifetime: { used: 10, fresh: 50_000, after: 50_010, limit: 100_000, whole: true, allowed: true },
  })
  expect(told).toContain('invalid rows       1, left out with --skip-bad-rows')
  expect(told).toContain('repeats            2')
  expect(told).toContain('lifetime after it  50,010 of 100,000, 50,000 of them new')
  expect(told).not.toContain('refused')
  expect(told).toContain('line 3  scene: expected no space')
})

it('says what a size goes by, and that the lifetime would not allow it', () => {
  const storage = { bytes: 1, bytesEach: 1, seen: true, by: 'recent' } as const
  const lifetime = { used: 10, fresh: 100_001, after: 100_011, limit: 100_000, whole: false, allowed: false }
  const told = describePlan({ ...plan, storage, lifetime })
  expect(told).toContain('1 B each, as the last ones of this width')
  expect(told).toContain(
    'at least 100,011 of 100,000, 100,001 of them new: refused without --no-lifetime-guard',
  )
})

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [55_000, '55 kB'],
  [20e12, '20 TB'],
])('writes %d bytes as %s', (bytes, text) => expect(renderBytes(bytes)).toBe(text))
