import type { VerifyReport } from '@sunpress/audit'
import type { CampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { describeReport } from './describe-report.js'

const id = '01M00000000000000000000000' as CampaignId
const NONE = { missing: 0, corrupt: 0, wrong_type: 0, wrong_size: 0, changed: 0, orphan: 0 }
const report = (change: Partial<VerifyReport>): VerifyReport => ({
  ...{ v: 1, campaign: id, ended: true, purged: false, state: 'completed', total: 3_000, published: 3_000 },
  ...{ refused: 0, unlisted: 0, ledger: [], findings: NONE },
  ...change,
})

it('a campaign that is as it was published is said to be so', () => {
  expect(describeReport(report({}))).toBe(`${id}  3,000 published  all as published`)
})

it('what is wrong is counted, and what the ledger contradicts itself in stands before it', () => {
  const change = { published: 2_500, refused: 100, unlisted: 400, ledger: ['published: …'] } as const
  expect(describeReport(report({ ...change, findings: { ...NONE, missing: 2 } })).split('\n')).toEqual([
    'published: …',
    `${id}  2,500 published  100 refused  400 without a row  2 missing`,
  ])
})

it('a campaign that has not ended is never called as published without a word on what was not read', () => {
  const change = { ended: false, state: null, published: 0, unlisted: 3_000 } as const
  const [open, counts] = describeReport(report(change)).split('\n')
  expect(open).toContain('it has not ended: 3,000 of its 3,000 scenes have no row in a closed part')
  expect(counts).toBe(`${id}  0 published in closed parts`)
})

it('of a campaign that was purged nothing is counted as lost', () => {
  const change = { purged: true, published: 0, ledger: ['its pictures were purged'] }
  expect(describeReport(report(change))).toBe(`its pictures were purged\n${id}  not verified`)
})
