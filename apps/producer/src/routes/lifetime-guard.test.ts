/** Campaigns that would bring an app near the end of its lifetime quota. */
import { describe, expect, it } from 'vitest'
import { LOOK, post, recordOf } from '../testing/post-campaign.js'
import { APP_ID, createTestApi } from '../testing/test-api.js'

describe('the guard of a lifetime', () => {
  const paths = Array.from({ length: 10 }, (_, n) => `pages/a?n=${n}`)
  const request = { app: APP_ID, look: { endpoint: 'limited' }, scenes: paths }

  it('refuses a campaign that would bring an app near the end of its lifetime quota, and leaves nothing behind', async () => {
    const api = await createTestApi()
    const answer = await post(api, request)
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ rule: 'lifetime_quota', value: 10 }] })
    expect(answer.json().errors[0]?.message).toContain('at most 9 of the 10 codes')
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('lets one pass that stays below, one that says so, and every one of the other lane', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...request, scenes: paths.slice(1) })).statusCode).toBe(202)
    expect((await post(api, { ...request, lifetimeGuard: false })).statusCode).toBe(202)
    const unlimited = { app: APP_ID, look: LOOK, scenes: paths.map((_, n) => `s=${n}`) }
    expect((await post(api, unlimited)).statusCode).toBe(202)
    expect((await recordOf(api, (await post(api, unlimited)).json().id)) as object).not.toHaveProperty(
      'lifetimeGuard',
    )
  })

  it('wants true or false', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...request, lifetimeGuard: 'no' })).statusCode).toBe(422)
  })
})
