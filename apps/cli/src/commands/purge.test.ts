import type { AppId, CampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { describePurge, judgePurge, type PurgeOutcome } from './purge.js'

const id = '01M00000000000000000000000' as CampaignId
const app = 'wx0123456789abcdef' as AppId
const NONE: PurgeOutcome = { items: [], open: [], purged: [], unknown: [], used: [], taken: null }
const item = { campaign: id, name: 'shops', withdrawn: 1, shared: 0 }
const taken = { kind: 'taken', app, holder: 'purge on a, pid 1', since: '2026-01-01T00:00:00.000Z' } as const

it.each<[string, Partial<PurgeOutcome>, number, string | null]>([
  ['done', { items: [item] }, 0, null],
  ['no campaign that anybody knows', { unknown: [id] }, 2, `there is no campaign ${id} in file:/codes`],
  ['one that is open', { open: [id] }, 1, `${id} has not ended`],
  ['one of several that is open', { items: [item], open: [id] }, 1, `${id} has not ended`],
  ['another purge at work', { taken }, 1, 'purge on a, pid 1, since 2026-01-01T00:00:00.000Z'],
  ['one that was purged', { purged: [id] }, 0, `${id} was purged before`],
  ['one that a schedule goes by', { used: [{ campaign: id, schedule: 'stores' }] }, 0, null],
  ['none that is meant', {}, 0, 'no ended campaign in file:/codes is meant'],
])('a purge ends by what it came to: %s', (_name, outcome, code, said) => {
  const judged = judgePurge({ ...NONE, ...outcome }, 'file:/codes')
  expect(judged.code).toBe(code)
  if (said === null) expect(judged.complaints).toEqual([])
  else expect(judged.complaints).toEqual([expect.stringContaining(said)])
})

it('says which old campaigns it leaves since a schedule goes by them', () => {
  const said = describePurge([item], [{ campaign: id, schedule: 'stores' }], true)
  expect(said).toEqual([
    expect.stringContaining('1 to be withdrawn'),
    expect.stringMatching(/stays: the newest of schedule stores.*--campaign/),
  ])
})
