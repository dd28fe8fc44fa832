import type { VerifyReport } from '@sunpress/audit'
import type { Failure, PublishedRow } from '@sunpress/client'
import type { AppId, CampaignId, CodeId } from '@sunpress/core'
import { isReplacement } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { expect, it } from 'vitest'
import { describeHealed, type HealOutcome, judgeVerify, readOutcome } from './heal-outcome.js'

const id = '01M00000000000000000000000' as CampaignId
const app = 'wx0123456789abcdef' as AppId
const report = (change: Partial<VerifyReport> = {}): VerifyReport => ({
  ...{ v: 1, campaign: id, ended: true, purged: false, state: 'completed', total: 2, published: 2 },
  ...{ refused: 0, unlisted: 0, ledger: [] },
  findings: { missing: 0, corrupt: 2, wrong_type: 0, wrong_size: 0, changed: 0, orphan: 0 },
  ...change,
})
const NONE = { missing: 0, corrupt: 0, wrong_type: 0, wrong_size: 0, changed: 0, orphan: 0 }
const OPEN = { ended: false, state: null, unlisted: 7 } as const
const HEALED: HealOutcome = { campaign: id, replaced: 2, refused: [], left: 0, urlsToPurge: ['a', 'b'] }
const refused = { scene: 's=1', reason: 'invalid_page', errcode: 41030 }

it.each<[string, HealOutcome | null, Partial<VerifyReport>, number]>([
  ['defects, and no heal', null, {}, 3],
  ['all healed', HEALED, {}, 0],
  ['one refused again', { ...HEALED, replaced: 1, refused: [refused] }, {}, 3],
  ['one left', { ...HEALED, replaced: 1, left: 1 }, {}, 3],
  ['all healed, and counts that contradict each other', HEALED, { ledger: ['published: …'] }, 3],
  ['nothing is wrong', null, { findings: NONE }, 0],
  ['nothing is wrong so far with one that is open', null, { ...OPEN, findings: NONE }, 1],
  ['defects of one that is open', null, OPEN, 3],
  ['all healed of one that is open', HEALED, OPEN, 1],
  ['one left of one that is open', { ...HEALED, replaced: 1, left: 1 }, OPEN, 3],
  ['one that was purged', null, { purged: true, findings: NONE, ledger: ['its pictures …'] }, 1],
])('a verification ends by what is left: %s', (_name, healed, change, code) => {
  expect(judgeVerify(report(change), healed)).toBe(code)
})

it('a heal says what it has replaced, what was refused again and how many are left', () => {
  expect(describeHealed(HEALED).split('\n')).toEqual([
    `2 replaced by ${id}. To be purged wherever copies are held:`,
    ...['a', 'b'],
  ])
  const none = { ...HEALED, replaced: 0, refused: [refused], left: 1, urlsToPurge: [] }
  expect(describeHealed(none).split('\n')).toEqual([
    'refused again  s=1  invalid_page (41030)',
    '1 left over: verify again',
    `0 replaced by ${id}`,
  ])
})

async function* of<T>(...rows: Partial<T>[]) {
  yield* rows as T[]
}

it('what a heal came to is counted once a row, and what it has printed is accepted from then on', async () => {
  const { records } = openMemoryStore({ clock: Date })
  const codeId = 'c' as CodeId
  const row = { index: 0, codeId, sha256: 'aa', url: 'u' }
  const client = {
    manifest: () => of<PublishedRow>(row, row),
    failures: () => of<Failure>({ index: 1, ...refused }),
  }
  expect(await readOutcome({ records }, client, { id, app }, 4)).toEqual({
    ...{ campaign: id, replaced: 1, refused: [refused], left: 2, urlsToPurge: ['u'] },
  })
  expect(await isReplacement(records, { app, codeId, sha256: 'aa' })).toBe(true)
})
