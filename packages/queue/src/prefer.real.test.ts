import { randomUUID } from 'node:crypto'
import { type AppId, type CampaignId, DEFAULT_LOOK, type Generation, type SceneJob } from '@sunpress/core'
import { appKeys, connectRedis } from '@sunpress/redis'
import { afterAll, beforeEach, expect, inject, it } from 'vitest'
import { createLaneQueues } from './lane-queues.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'blocking', name: 'queue-test' })
const app = 'wx0123456789abcdef' as AppId
const low = '01HF000000000000000000000A' as CampaignId
const high = '01HF000000000000000000000B' as CampaignId
let namespace = ''

beforeEach(() => {
  namespace = `t-${randomUUID()}`
})
afterAll(async () => {
  await redis.quit()
})

const job = (campaign: CampaignId, index: number): SceneJob => ({
  ...{ app, campaign, index, generation: 'G1' as Generation, campaignCreatedAtMs: 1, scene: `s=${index}` },
  look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
  ...{ again: false, lastRound: false },
})
const order = () => redis.zrange(`${appKeys(namespace, app).queuePrefix}:unlimited:prioritized`, 0, '-1')

it('lets waiting jobs take their turn with those of another priority, and passes over those that are gone', async () => {
  const lane = createLaneQueues({ redis, namespace })
  await lane.enqueue(app, 'unlimited', [job(low, 1), job(low, 2), job(low, 3)], 1)
  await lane.enqueue(app, 'unlimited', [job(high, 1)], 9)
  expect(await lane.prefer(app, 'unlimited', low, [2, 77], 9)).toEqual([2])
  expect(await order()).toEqual([`${high}.1`, `${low}.2`, `${low}.1`, `${low}.3`])
  await lane.prefer(app, 'unlimited', low, [2], 1)
  expect(await order()).toEqual([`${high}.1`, `${low}.1`, `${low}.3`, `${low}.2`])
  expect(await lane.count(app, 'unlimited')).toEqual({ waiting: 4, active: 0, delayed: 0 })
})

it('leaves a job of that priority in its place', async () => {
  const lane = createLaneQueues({ redis, namespace })
  await lane.enqueue(app, 'unlimited', [job(low, 1), job(low, 2)], 5)
  expect(await lane.prefer(app, 'unlimited', low, [1], 5)).toEqual([1])
  expect(await order()).toEqual([`${low}.1`, `${low}.2`])
})
