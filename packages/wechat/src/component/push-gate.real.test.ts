import { randomUUID } from 'node:crypto'
import type { ComponentId } from '@sunpress/core'
import { connectRedis, platformKeys, readScript } from '@sunpress/redis'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createPushGate, type PushGate } from './push-gate.js'

const component = 'wxfedcba9876543210' as ComponentId
const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'push-gate-test' })
afterAll(() => redis.quit())

let namespace: string
let gate: PushGate
beforeEach(() => {
  namespace = `test-${randomUUID()}`
  gate = createPushGate(redis, namespace)
})
const redisSeconds = async (): Promise<number> => Number((await redis.time())[0])
const push = async (ageSeconds = 0, nonce = 'n') => ({
  timestamp: String((await redisSeconds()) - ageSeconds),
  nonce,
  signature: '0',
  encrypted: 'e',
})

describe('the gate', () => {
  it('lets one of many in', async () => {
    const one = await push()
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => createPushGate(redis, namespace).admit(component, one)),
    )
    expect(all.filter((each) => typeof each === 'object')).toHaveLength(1)
    expect(all.filter((each) => each === 'repeated')).toHaveLength(3)
  })

  it('knows a push that was dealt with for as long as it would count as new', async () => {
    const one = await push()
    const first = await gate.admit(component, one)
    if (typeof first === 'object') await first.ended(true)
    expect(await gate.admit(component, one)).toBe('repeated')
    const [key = ''] = await redis.keys(`${namespace}:*`)
    expect(await redis.pttl(key)).toBeGreaterThan(19 * 60_000)
  })

  it('lets a push in again that failed, and one whose process died, after a while', async () => {
    const one = await push()
    const first = await gate.admit(component, one)
    if (typeof first === 'object') await first.ended(false)
    expect(await gate.admit(component, one)).toMatchObject({ kind: 'yours' })
    const [key = ''] = await redis.keys(`${namespace}:*`)
    expect(await redis.pttl(key)).toBeLessThanOrEqual(10_000)
  })

  it('refuses what is older than ten minutes, or so far ahead', async () => {
    // What is ahead comes nearer while the machine pauses.
    for (const age of [605, -625, 86_400]) expect(await gate.admit(component, await push(age))).toBe('stale')
    for (const age of [590, -590, 0]) {
      expect(await gate.admit(component, await push(age, `n${age}`))).toMatchObject({ kind: 'yours' })
    }
  })

  it('tells pushes and platforms apart', async () => {
    const one = await push()
    await gate.admit(component, one)
    for (const other of [
      { ...one, nonce: 'm' },
      { ...one, encrypted: 'f' },
    ]) {
      expect(await gate.admit(component, other)).toMatchObject({ kind: 'yours' })
    }
    expect(await gate.admit('wxaaaaaaaaaaaaaaaa' as ComponentId, one)).toMatchObject({ kind: 'yours' })
  })
})

describe('claim-push', () => {
  const { source } = readScript('claim-push', new URL('..', import.meta.url).href)
  const run = (seconds: number) =>
    redis.eval(source, 1, platformKeys(namespace, component).push('digest'), seconds, 600_000, 60_000)

  it('answers yours, repeated, stale', async () => {
    const seconds = await redisSeconds()
    expect([await run(seconds), await run(seconds), await run(seconds - 700)]).toEqual([
      'yours',
      'repeated',
      'stale',
    ])
    expect(await redis.pttl(platformKeys(namespace, component).push('digest'))).toBeGreaterThan(50_000)
  })
})
