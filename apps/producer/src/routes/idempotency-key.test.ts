/** A request that comes again under its Idempotency-Key, also behind an attempt that was broken off. */
import { RetryFault, WaitFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { LOOK, post, postCsv } from '../testing/post-campaign.js'
import { APP_ID, createTestApi } from '../testing/test-api.js'

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order 17' }
  const body = { app: APP_ID, look: LOOK, scenes: ['s=1', 's=2'] }

  it('gives the first answer again for the same request, and makes nothing new', async () => {
    const api = await createTestApi()
    const first = await post(api, body, key)
    const again = await post(api, body, key)
    expect(again.statusCode).toBe(202)
    expect(again.json()).toEqual(first.json())
    expect(await api.keys('open/')).toHaveLength(1)
  })

  it('gives it again when Redis has forgotten everything, or is away', async () => {
    const api = await createTestApi()
    const first = await post(api, body, key)
    api.fake.campaigns.clear()
    api.fake.away = true
    expect((await post(api, body, key)).json()).toEqual(first.json())
  })

  it('refuses another request under the same key', async () => {
    const api = await createTestApi()
    await post(api, body, key)
    const other = await post(api, { ...body, scenes: ['s=3'] }, key)
    expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })

  it('compares a streamed body by its bytes', async () => {
    const api = await createTestApi()
    const first = await postCsv(api, 'scene\ns=1\n', '', key)
    expect((await postCsv(api, 'scene\ns=1\n', '', key)).json()).toEqual(first.json())
    expect((await postCsv(api, 'scene\ns=2\n', '', key)).statusCode).toBe(422)
    expect((await postCsv(api, 'scene\ns=1\n', '&width=600', key)).statusCode).toBe(422)
  })

  it('answers 409 while the first request is being worked on', async () => {
    let release = () => {}
    let begun = () => {}
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async markOpen(...args) {
          begun()
          await gate
          await campaigns.markOpen(...args)
        },
      },
    }))
    const first = post(api, body, key)
    await isBegun
    const second = await post(api, body, key)
    expect(second.json()).toMatchObject({ status: 409, code: 'still_running' })
    release()
    expect((await first).statusCode).toBe(202)
  })

  it('answers 409 while another process is at it', async () => {
    const api = await createTestApi(() => ({
      leases: { claim: async () => null, release: async () => {} },
    }))
    expect((await post(api, body, key)).statusCode).toBe(409)
  })

  it('goes on under the same id where an attempt died before campaign.json', async () => {
    let dies = true
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async writeCampaign(record) {
          if (dies) throw new RetryFault('store_timeout', 'died')
          return await campaigns.writeCampaign(record)
        },
      },
    }))
    expect((await post(api, body, key)).statusCode).toBe(503)
    const [part] = await api.keys('campaigns/')
    dies = false
    const again = await post(api, body, key)
    expect(again.statusCode).toBe(202)
    expect(part).toContain(again.json().id)
  })

  it('says so when such an attempt had other rows', async () => {
    let dies = true
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async markOpen(...args) {
          if (dies) throw new RetryFault('store_timeout', 'died')
          await campaigns.markOpen(...args)
        },
      },
      leases: {
        claim: () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1)),
        release: async () => {},
      },
    }))
    expect((await postCsv(api, 'scene\ns=1\n', '', key)).statusCode).toBe(503)
    dies = false
    const other = await postCsv(api, 'scene\ns=2\n', '', key)
    expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })

  it('keeps the parts of an attempt that failed, as long as it cannot know to be alone', async () => {
    const away = () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1))
    const api = await createTestApi(() => ({ leases: { claim: away, release: async () => {} } }))
    const scenes = [...Array.from({ length: 10_000 }, (_, n) => `s=${n}`), 'no space']
    expect((await post(api, { ...body, scenes }, key)).statusCode).toBe(422)
    expect(await api.keys('campaigns/')).toHaveLength(1)
  })

  it('leaves a key free whose request was refused', async () => {
    const api = await createTestApi()
    expect((await post(api, { ...body, scenes: ['no space'] }, key)).statusCode).toBe(422)
    expect(await api.keys('')).toEqual([])
    expect((await post(api, body, key)).statusCode).toBe(202)
  })

  it('refuses a key that is no key', async () => {
    const api = await createTestApi()
    expect((await post(api, body, { 'idempotency-key': 'x'.repeat(256) })).statusCode).toBe(400)
  })
})
