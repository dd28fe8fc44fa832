import type { CampaignId } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { expect, it } from 'vitest'
import { createRates, EVERY_MS } from './rates.js'

const id = '01HF000000000000000000000A' as CampaignId
const at = (n: number, perMinute: number | null = null) =>
  ({ id, n, state: 'running', perMinute }) as Partial<CampaignIndex> as CampaignIndex

it('tells what ended in a minute, over the last minutes, and nothing when it is known', () => {
  const rates = createRates()
  expect(rates.see(0, [at(0)])).toEqual([])
  expect(rates.see(EVERY_MS / 2, [at(50)])).toEqual([])
  expect(rates.see(60_000, [at(100)])).toEqual([{ id, perMinute: 100 }])
  expect(rates.see(120_000, [at(200, 100)])).toEqual([])
  expect(rates.see(300_000, [at(200, 100)])).toEqual([{ id, perMinute: 0 }])
})

it('forgets a campaign that is paused: its pause is no slowness', () => {
  const rates = createRates()
  rates.see(0, [at(0)])
  rates.see(60_000, [{ ...at(100), state: 'paused' }])
  expect(rates.see(120_000, [at(100)])).toEqual([])
  expect(rates.see(180_000, [at(160)])).toEqual([{ id, perMinute: 60 }])
})
