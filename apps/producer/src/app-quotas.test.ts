import { type App, type AppId, DEFAULT_QUOTAS, Secret, WaitFault } from '@sunpress/core'
import { expect, it } from 'vitest'
import { type QuotaParts, quotasReader } from './app-quotas.js'

const appid = 'wx0123456789abcdef' as AppId
const credential = { kind: 'secret', appSecret: new Secret('s'), endpoint: 'stable' } as const
const app: App = { appid, name: 'Shop', credential, quotas: DEFAULT_QUOTAS }

const parts: QuotaParts = {
  find: () => app,
  limitOf: (_app, lane) => (lane === 'unlimited' ? 4_900 : 588),
  permits: {
    usage: async () => ({ usedThisMinute: 7, usedToday: 70, rate: 0.9, probing: false, dayLimit: 9_800 }),
    readHolds: async () => [
      { target: { scope: 'app', app: appid }, reason: 'token', untilMs: 0, message: null },
    ],
  },
  lifetime: {
    read: async () => ({
      ...{ used: 5, ours: 5, limit: 100, refusedFrom: 98, full: null, said: null, disagreement: 0 },
    }),
  },
  observed: { othersUse: (_app, endpoint) => (endpoint === 'getwxacodeunlimit' ? 30 : null) },
}

it('tells what is used of what, by minute, day and lifetime, and what others use', async () => {
  const { lanes, lifetime, holds } = await quotasReader(parts)(appid)
  expect(lanes[0]).toEqual({
    lane: 'unlimited',
    perMinute: { used: 7, limit: 4_900 },
    perDay: { used: 70, limit: 9_800 },
    rate: 0.9,
    usedByOthers: 30,
  })
  expect(lanes[1]).toMatchObject({ lane: 'limited', perMinute: { limit: 588 }, usedByOthers: null })
  expect([lifetime, holds]).toEqual([{ used: 5, limit: 98 }, [{ scope: 'app', reason: 'token' }]])
})

it('tells limits alone while Redis cannot be asked', async () => {
  const away = () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1))
  const reading = await quotasReader({
    ...parts,
    permits: { usage: away, readHolds: away },
    lifetime: { read: away },
  })(appid)
  expect(reading.lanes[0]).toMatchObject({ perMinute: { used: null, limit: 4_900 } })
  expect([reading.lifetime, reading.holds]).toEqual([null, null])
})
