/** The plan and the guard over the real count of a lifetime: they say the same. */
import { randomUUID } from 'node:crypto'
import { type CallOutcome, DEFAULT_LOOK, type Look, type PermitAsk } from '@sunpress/core'
import { createLifetime, type Lifetime } from '@sunpress/quota'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { openMemoryStore } from '@sunpress/storage'
import { afterEach, expect, inject, it } from 'vitest'
import { APP_ID, createTestApi } from '../testing/test-api.js'

/** Of codes: the guard lets a campaign bring the app to 19. */
const LIFETIME = 20

let ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

async function start() {
  const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'plan-lifetime-test' })
  ends.push(() => redis.disconnect())
  const { records } = openMemoryStore({ clock: systemClock })
  const lifetime = createLifetime({
    ...{ redis, namespace: `test-${randomUUID()}`, clock: systemClock, records },
    limitOf: () => ({ codes: LIFETIME, share: 1 }),
  })
  const api = await createTestApi(() => ({ planLifetime: lifetime.plan }))
  const request = (scenes: readonly string[], look: Partial<Look>) => ({
    ...{ app: APP_ID, look: { endpoint: 'limited', ...look }, scenes },
  })
  return {
    lifetime,
    plan: async (scenes: readonly string[], look: Partial<Look> = {}) =>
      (
        await api.ask({
          ...{ method: 'POST', url: '/v1/campaigns?dryRun=true', payload: request(scenes, look) },
        })
      ).json(),
    make: async (scenes: readonly string[], look: Partial<Look> = {}) =>
      await api.ask({ method: 'POST', url: '/v1/campaigns', payload: request(scenes, look) }),
  }
}

/** As a worker does: counted when its picture has come. */
async function print({ counted }: Lifetime, scene: string): Promise<void> {
  const look: Look = { ...DEFAULT_LOOK, endpoint: 'limited' }
  const ask = { app: APP_ID, lane: 'limited', call: { scene, look } } as PermitAsk
  for (const one of counted) {
    const pass = await one.enter(ask)
    await one.answered(ask, pass, 'passed' satisfies CallOutcome)
  }
}

const paths = (count: number, name = 'a') => Array.from({ length: count }, (_, n) => `pages/${name}?n=${n}`)

it('says that a new epoch of known paths costs nothing of the lifetime, as the guard decides', async () => {
  const { lifetime, plan, make } = await start()
  for (const scene of paths(18)) await print(lifetime, scene)
  const anew = await plan(paths(18), { epoch: 1 })
  expect(anew).toMatchObject({ rows: 18, calls: 18 })
  expect(anew.lifetime).toEqual({ used: 18, fresh: 0, after: 18, limit: 20, whole: true, allowed: true })
  expect((await make(paths(18), { epoch: 1 })).statusCode).toBe(202)
})

it('refuses what the plan said would be refused, by the same number', async () => {
  const { lifetime, plan, make } = await start()
  for (const scene of paths(10)) await print(lifetime, scene)
  // Ten known, two named twice, and nine or ten new ones.
  const some = (count: number) => [...paths(10), ...paths(2), ...paths(count, 'b')]
  expect((await plan(some(9))).lifetime).toMatchObject({ fresh: 9, after: 19, allowed: true })
  expect((await plan(some(10))).lifetime).toMatchObject({ fresh: 10, after: 20, allowed: false })
  const refused = (await make(some(10))).json()
  expect(refused).toMatchObject({ status: 422, errors: [{ rule: 'lifetime_quota', value: 20 }] })
  expect((await make(some(9))).statusCode).toBe(202)
})

it('ends its count where more would be new than there can be', async () => {
  const { plan } = await start()
  const { rows, lifetime } = await plan(paths(5_000))
  expect(rows).toBe(5_000)
  expect(lifetime).toMatchObject({ used: 0, whole: false, allowed: false })
  expect(lifetime?.fresh).toBeGreaterThan(LIFETIME)
})
