import { type CampaignId, WaitFault } from '@sunpress/core'
import type { Leases } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

const headers = { 'idempotency-key': 'order 17' }
/** One part is written before the bad row is met. */
const scenes = [...Array.from({ length: 10_000 }, (_, n) => `s=${n}`), 'no space']
const payload = { app: APP_ID, look: { page: 'p' }, scenes }
const ask = (api: TestApi) => api.ask({ method: 'POST', url: '/v1/campaigns', payload, headers })

/** Answers claims one after the other with these, and then with the last of them. */
function leasesOf(...answers: (number | null | 'away')[]): Leases {
  let asked = 0
  return {
    async claim() {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? null
      if (answer === 'away') throw new WaitFault('redis_unavailable', 'away', 1)
      return answer
    },
    release: async () => {},
  }
}

const parts = async (api: TestApi) => (await api.keys('campaigns/')).filter((key) => key.includes('part-'))

describe('a refused request under an Idempotency-Key', () => {
  it('takes its parts away and frees its key while its lease was never lost', async () => {
    const api = await createTestApi(() => ({ leases: leasesOf(7) }))
    expect((await ask(api)).statusCode).toBe(422)
    expect(await parts(api)).toEqual([])
    expect(await api.keys('requests/')).toEqual([])
  })

  it.each([
    ['was claimed anew after a loss', [7, 8]],
    ['is somebody else’s by now', [7, null]],
    ['cannot be asked for any more', [7, 'away']],
    ['could not be claimed at first', ['away', 7]],
  ] as const)('leaves everything as it is when its lease %s', async (_what, answers) => {
    const api = await createTestApi(() => ({ leases: leasesOf(...answers) }))
    expect((await ask(api)).statusCode).toBe(422)
    expect(await parts(api)).toHaveLength(1)
    expect(await api.keys('requests/')).toHaveLength(1)
  })

  it('leaves everything as it is when another attempt has made the campaign', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      leases: leasesOf(7),
      campaigns: {
        ...campaigns,
        async writePart(id: CampaignId, ...part) {
          await api.store.records.put(`campaigns/${id}/campaign.json`, Buffer.from('{"v":1}'))
          return await campaigns.writePart(id, ...part)
        },
      },
    }))
    expect((await ask(api)).statusCode).toBe(422)
    expect(await parts(api)).toHaveLength(1)
    expect(await api.keys('requests/')).toHaveLength(1)
  })

  it('leaves everything as it is when nobody can say whether there is a campaign', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      leases: leasesOf(7),
      campaigns: {
        ...campaigns,
        readCampaign: () => Promise.reject(new WaitFault('store_unavailable', 'away', 1)),
      },
    }))
    expect((await ask(api)).statusCode).toBe(422)
    expect(await parts(api)).toHaveLength(1)
    expect(await api.keys('requests/')).toHaveLength(1)
  })
})
