import { type AppId, type Hold, type HoldTarget, WaitFault } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ClearAnswer } from '../context.js'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

const page = { page: 'pages/shop/shop', envVersion: 'release' } as const
const held = (target: HoldTarget): Hold => ({ target, reason: 'app_held', untilMs: 0, message: null })
const app = APP_ID as AppId

let api: TestApi
let holds: Hold[]
let answer: () => Promise<ClearAnswer>
let recounted: AppId[]

const post = (path: string) => api.ask({ method: 'POST', url: `/v1/apps/${APP_ID}/${path}` })

beforeEach(async () => {
  holds = [
    held({ scope: 'app', app }),
    held({ scope: 'lane', app, lane: 'limited' }),
    held({ scope: 'page', app, page }),
  ]
  answer = async () => ({ kind: 'cleared' })
  recounted = []
  api = await createTestApi(() => ({
    readHolds: async () => holds,
    liftHold: async (target) => {
      holds = holds.filter((hold) => hold.target !== target)
    },
    clearQuota: () => answer(),
    recount: async (of) => void recounted.push(of),
  }))
})

describe('POST /v1/apps/{appid}/resume', () => {
  it('ends all holds', async () => {
    const resumed = await post('resume')
    expect([resumed.statusCode, resumed.json().holds]).toEqual([200, []])
  })

  it.each([
    ['scope=app', 'app'],
    ['lane=limited', 'lane'],
    ['page=pages/shop/shop', 'page'],
  ])('ends only those that %s means', async (query, scope) => {
    const left = (await post(`resume?${query}`)).json().holds
    expect(left).toHaveLength(2)
    expect(left).not.toContainEqual(expect.objectContaining({ scope }))
  })

  it('refuses a filter that it does not know', async () => {
    expect((await post('resume?scop=app')).statusCode).toBe(400)
    expect((await post('resume?scope=everything')).statusCode).toBe(400)
    const answer = await post('resume?scope=lane&lane=foo')
    expect(answer.json().errors).toMatchObject([
      { parameter: 'lane', message: 'lane: expected unlimited | limited, got "foo"' },
    ])
    expect(holds).toHaveLength(3)
  })

  it('knows no app that is not configured', async () => {
    const there = await api.ask({ method: 'POST', url: '/v1/apps/wxffffffffffffffff/resume' })
    expect(there.json()).toMatchObject({ status: 404, detail: 'There is no app "wxffffffffffffffff".' })
  })
})

describe('clear-quota', () => {
  it('counts what is left of the month', async () => {
    expect((await api.ask({ url: `/v1/apps/${APP_ID}/clear-quota` })).json()).toEqual({
      used: 0,
      left: 10,
      limit: 10,
    })
    expect((await post('clear-quota')).json()).toEqual({ used: 1, left: 9, limit: 10 })
  })

  it('asks WeChat no eleventh time', async () => {
    for (let n = 0; n < 10; n++) await post('clear-quota')
    answer = () => Promise.reject(new Error('asked'))
    const refused = await post('clear-quota')
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'no_clears_left'])
  })

  it('learns that WeChat has no more', async () => {
    answer = async () => ({ kind: 'exhausted', message: 'WeChat answered 48006' })
    expect((await post('clear-quota')).json().detail).toContain('48006')
    expect((await api.ask({ url: `/v1/apps/${APP_ID}/clear-quota` })).json().left).toBe(0)
  })

  it('counts one of which nobody knows, says so, and has the calls counted anew', async () => {
    answer = async () => ({ kind: 'unknown', message: 'upstream_reset' })
    const lost = await post('clear-quota')
    expect([lost.statusCode, lost.json().code]).toEqual([502, 'unknown_outcome'])
    expect(lost.json().detail).toContain(`look at GET /v1/apps/${APP_ID}/clear-quota before asking again`)
    expect((await api.ask({ url: `/v1/apps/${APP_ID}/clear-quota` })).json().left).toBe(9)
    expect(recounted).toEqual([app])
  })

  it('asks nobody to clear again because Redis was away afterwards', async () => {
    api = await createTestApi(() => ({
      restartDay: () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1)),
    }))
    expect((await post('clear-quota')).json()).toEqual({ used: 1, left: 9, limit: 10 })
    expect(api.failures).toHaveLength(1)
  })

  it('counts nothing that did not happen', async () => {
    answer = async () => ({ kind: 'refused', message: 'WeChat answered 48001' })
    expect((await post('clear-quota')).json().code).toBe('not_cleared')
    answer = () => Promise.reject(new Error('nothing was sent'))
    expect((await post('clear-quota')).statusCode).toBe(500)
    expect((await api.ask({ url: `/v1/apps/${APP_ID}/clear-quota` })).json().left).toBe(10)
  })
})
