/** What a dry run of a campaign answers, and that it makes nothing. */
import type { CampaignId, Hold } from '@sunpress/core'
import type { CampaignIndex } from '@sunpress/feed'
import { describe, expect, it } from 'vitest'
import { LOOK } from '../testing/post-campaign.js'
import { APP_ID, createTestApi, NOTHING_STOPS, NOW_MS } from '../testing/test-api.js'

/** Prints 500 in the limited lane. */
const OTHER = {
  ...{ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' as CampaignId, lane: 'limited', state: 'running', priority: 5 },
  ...{ counts: { pending: 500 }, window: null, page: null, envVersion: 'release' },
  ...{ fed: 0, n: 0, base: 0, parked: 0 },
} as CampaignIndex

describe('POST /v1/campaigns?dryRun=true', () => {
  const scenes = ['s=1', 's=2', 's=2', 'not a scene']

  it('answers what the campaign would come to, and makes none', async () => {
    const api = await createTestApi()
    const answer = await api.ask({
      method: 'POST',
      url: '/v1/campaigns?dryRun=true',
      payload: { app: APP_ID, look: LOOK, scenes },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      ...{ rows: 3, invalidRows: 1, duplicates: 1, alreadyPublished: 0, calls: 2, estimated: false },
      ...{ perMinute: 60, etaSeconds: 2, days: 1, lifetime: null },
      storage: { bytes: 110_000, seen: false, by: 'formula' },
      errors: [{ pointer: '/scenes/3', errors: [{ field: 'scene' }] }],
    })
    expect(await api.keys('')).toEqual([])
    expect(api.fake.campaigns.size).toBe(0)
  })

  it('reads a stream as well, and tells what a lifetime allows', async () => {
    const api = await createTestApi()
    const answer = await api.ask({
      method: 'POST',
      url: `/v1/campaigns?app=${APP_ID}&endpoint=limited&dryRun=true`,
      payload: 'scene\npages/a?n=1\npages/a?n=2\n',
      headers: { 'content-type': 'text/csv' },
    })
    expect(answer.json()).toMatchObject({
      rows: 2,
      lifetime: { used: 0, fresh: 2, after: 2, limit: 10, whole: true, allowed: true },
    })
    expect(await api.keys('')).toEqual([])
  })

  it('counts the day, the holds that stand, and what else is printed', async () => {
    const facts = { ...NOTHING_STOPS, holds: [] as Hold[], others: [] as CampaignIndex[] }
    const lanes = { ...NOTHING_STOPS.lanes, limited: { usedToday: 90, rate: 1 } }
    const api = await createTestApi(() => ({
      waitingFactsOf: async () => ({ ...facts, lanes }),
      rateOf: () => 600,
      dayLimitOf: () => 100,
    }))
    const range = { template: 'pages/a?n={n}', from: 1, to: 500 }
    const seconds = async () => {
      const payload = { app: APP_ID, look: { endpoint: 'limited' }, range }
      const { etaSeconds, days } = (
        await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=true', payload })
      ).json()
      return [etaSeconds, days]
    }
    // 20:00 in Shanghai; ten today, 100 on each of four days from 00:05 on, and 90 on the fifth.
    const fifth = 4 * 3_600 + 300 + 4 * 86_400
    expect(await seconds()).toEqual([fifth + 9, 5])
    const target = { scope: 'lane', app: APP_ID, lane: 'limited' } as const
    const untilMs = NOW_MS + 86_400_000
    facts.holds.push({ target, reason: 'day_quota', untilMs, message: null })
    // From 20:00 of the next day on, the whole of it is left: one day's calls, and four days' more.
    expect(await seconds()).toEqual([fifth + 10, 5])
    facts.holds.length = 0
    facts.others.push(OTHER)
    expect((await seconds())[1]).toBe(10)
  })

  it('is for two at once, whose memory it takes; a third is told to come again', async () => {
    let goOn = (): void => {}
    const looked = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let looking = 0
    const api = await createTestApi(({ codes }) => ({
      codes: {
        ...codes,
        async stat(key) {
          looking++
          await looked
          return await codes.stat(key)
        },
      },
    }))
    const dryRun = () =>
      api.ask({
        method: 'POST',
        url: '/v1/campaigns?dryRun=true',
        payload: { app: APP_ID, look: LOOK, scenes: ['s=1'] },
      })
    const two = [dryRun(), dryRun()]
    await expect.poll(() => looking).toBe(2)
    const third = await dryRun()
    expect([third.statusCode, third.json().code, third.headers['retry-after']]).toEqual([503, 'busy', '10'])
    expect(api.failures).toEqual([])
    goOn()
    expect((await Promise.all(two)).map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect((await dryRun()).statusCode).toBe(200)
  })

  it('refuses what no campaign could be made of', async () => {
    const api = await createTestApi()
    const payload = { app: 'wx0', look: LOOK, scenes }
    const answer = await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=true', payload })
    expect(answer.statusCode).toBe(422)
  })
})
