import type { CampaignId } from '@sunpress/core'
import { createManifestLedger } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'
import { expect, it } from 'vitest'
import { countRefused } from './count-refused.js'

const [one, other] = ['01HF000000000000000000000A', '01HF000000000000000000000B'] as CampaignId[] as [
  CampaignId,
  CampaignId,
]
const stored = () => createManifestLedger(openMemoryStore({ clock: { now: () => 0 } }).records)

const lines = (first: number, ...refused: readonly boolean[]): string[] =>
  refused.map((isRefused, at) =>
    JSON.stringify({
      ...{ n: first + at, caption: 'says "type":"code.refused"' },
      type: isRefused ? 'code.refused' : 'code.published',
    }),
  )
const part = (firstN: number, rows: number) => ({ firstN, rows })

it('the index of an end says how many refusals each part holds that was written or read here', async () => {
  const real = stored()
  await real.writePart(one, 1, lines(1, true, false))
  await real.writePart(one, 3, lines(3, true))
  const manifests = countRefused(real)
  await manifests.writePart(one, 4, lines(4, false, false))
  await manifests.writePart(one, 6, lines(6, true, true))
  await manifests.readPart(one, 1)
  await manifests.writeIndex(one, [part(1, 2), part(3, 1), part(4, 2), part(6, 2)])
  expect((await real.readIndex(one))?.parts).toEqual([
    { ...part(1, 2), refused: 1 },
    part(3, 1),
    { ...part(4, 2), refused: 0 },
    { ...part(6, 2), refused: 2 },
  ])
})

it('what the index of the end before has counted is not lost', async () => {
  const real = stored()
  await real.writeIndex(one, [{ ...part(1, 2), refused: 0 }])
  const manifests = countRefused(real)
  await manifests.writePart(one, 3, lines(3, true))
  await manifests.writeIndex(one, [part(1, 2), part(3, 1)])
  expect((await real.readIndex(one))?.parts.map(({ refused }) => refused)).toEqual([0, 1])
})

it('remembers a bounded number of parts', async () => {
  const real = stored()
  const manifests = countRefused(real, 2)
  await manifests.writePart(one, 1, lines(1, false))
  for (const n of [1, 2]) await manifests.writePart(other, n, lines(n, false))
  await manifests.writeIndex(one, [part(1, 1)])
  await manifests.writeIndex(other, [part(1, 1), part(2, 1)])
  expect((await real.readIndex(one))?.parts).toEqual([part(1, 1)])
  expect((await real.readIndex(other))?.parts.map(({ refused }) => refused)).toEqual([0, 0])
})
