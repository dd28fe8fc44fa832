import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AppId } from '@sunpress/core'
import { CLOCK_ALLOWANCE_MS, LATE_MS, spacingUs } from '@sunpress/quota'
import { appKeys, connectRedis } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { mostInAny } from '../bench/count-arrivals.mjs'
import { CLEAR_WITHIN_MS, clearOfMidnight } from '../e2e/shanghai-day.js'
import { startRedis } from '../services/redis.mjs'
import { spawnTethered } from '../services/tether.mjs'
import { createQuotaCrew, type QuotaCrew } from './quota-crew.js'
import { type RedisSwitch, startRedisSwitch } from './redis-switch.js'

const cli = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))
const APP = 'wx0123456789abcdef' as AppId
const LIMIT = 3_000
const KEY = appKeys('quota', APP).permits('unlimited')

/** Whoever was begun is ended, last first. */
type Ends = (() => Promise<unknown>)[]

async function startSimulator(ends: Ends, window: string) {
  const flags = ['--port', '0', '--admin-port', '0', '--per-minute', String(LIMIT), '--latency-ms', '50']
  const simulator = spawnTethered([process.execPath, cli, 'simulator', ...flags, '--window', window])
  ends.push(simulator.stop)
  await simulator.wrote('"msg":"ready"')
  const { url, adminUrl } = JSON.parse(/\{"msg":"ready".*\}/.exec(simulator.output())?.[0] ?? '{}')
  return { url: url as string, adminUrl: adminUrl as string }
}

async function ownedRedis(ends: Ends, appendonly: boolean) {
  const server = await startRedis({ appendonly })
  ends.push(server.stop)
  const connection = connectRedis({ url: server.url, purpose: 'blocking', name: 'quota-chaos' })
  ends.push(async () => connection.disconnect())
  return { server, connection }
}

type OwnedRedis = Awaited<ReturnType<typeof ownedRedis>>

interface World {
  readonly crew: QuotaCrew
  readonly primary: OwnedRedis
  readonly replica: OwnedRedis
  readonly address: RedisSwitch
  readonly adminUrl: string
}

async function withWorld(
  orders: { window: string; limit?: number; dayLimit?: number; holdMs?: number },
  body: (world: World) => Promise<void>,
): Promise<void> {
  const ends: Ends = []
  try {
    const folder = await mkdtemp(join(tmpdir(), 'sunpress-quota-'))
    ends.push(() => rm(folder, { recursive: true, force: true }))
    const { url, adminUrl } = await startSimulator(ends, orders.window)
    const [primary, replica] = [await ownedRedis(ends, true), await ownedRedis(ends, false)]
    await replica.connection.replicaof('127.0.0.1', primary.server.port)
    const address = await startRedisSwitch(primary.server.port)
    ends.push(address.close)
    const { limit = LIMIT, dayLimit, holdMs } = orders
    const app = { appid: APP, limit, ...(dayLimit === undefined ? {} : { dayLimit }) }
    const crew = createQuotaCrew({
      ...{ redisUrl: address.url, url, store: `file:${folder}`, apps: [app] },
      ...(holdMs === undefined ? {} : { holdMs }),
    })
    ends.push(crew.stop)
    await body({ crew, primary, replica, address, adminUrl })
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

/** A replica takes over that had heard nothing for the last second. */
async function failOver({ crew, primary, replica, address }: World): Promise<void> {
  await until(async () => (await replica.connection.info('replication')).includes('master_link_status:up'))
  await replica.connection.replicaof('NO', 'ONE')
  await crew.wrote(LIMIT / 60)
  await primary.server.kill()
  address.lead(replica.server.port)
}

/** The arithmetic of spacing.ts for any window: what a ceiling over a minute says of a few seconds. */
const ceilingOf = (windowMs: number): number =>
  Math.floor(((windowMs + LATE_MS + CLOCK_ALLOWANCE_MS) * 1_000) / spacingUs(LIMIT)) + 1

function expectCeiling(writes: readonly number[]): void {
  const sorted = writes.toSorted((a, b) => a - b)
  for (const windowMs of [1, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000]) {
    expect(mostInAny(sorted, windowMs), `in ${windowMs} ms`).toBeLessThanOrEqual(ceilingOf(windowMs))
  }
}

async function rejectedBy({ adminUrl }: World): Promise<number> {
  const answer = await fetch(`${adminUrl}/calls?appid=${APP}`)
  const { calls } = (await answer.json()) as { calls: { outcome: string }[] }
  return calls.filter(({ outcome }) => outcome === '45009' || outcome === '45011').length
}

const SOME = 60

describe('the quota', () => {
  it.concurrent.each(['clock', 'first-call', 'sliding', 'bucket'])(
    'holds when workers are killed, arrival times moved, Redis restarted, failed over and emptied (%s window)',
    async (window) => {
      await withWorld({ window }, async (world) => {
        const { crew, primary, replica } = world
        crew.start()
        crew.start()
        await crew.wrote(SOME)
        await crew.kill(0)
        crew.start()
        await crew.wrote(SOME)
        for (const byUs of [2_000_000, -2_000_000, -2_000_000]) {
          await primary.connection.hincrby(KEY, 'tat', byUs)
          await crew.wrote(SOME)
        }
        await primary.server.restart()
        await crew.wrote(SOME)
        await failOver(world)
        await crew.wrote(SOME)
        expect(await replica.connection.del(KEY)).toBe(1)
        await crew.refused('held_minute_quota')
        expectCeiling(crew.writes)
        expect(await rejectedBy(world)).toBe(0)
      })
    },
    120_000,
  )

  it.concurrent(
    'of a day is not passed by a single call when Redis is restarted, fails over, and loses a second each time',
    async () => {
      const dayLimit = 600
      await clearOfMidnight()
      await withWorld({ window: 'clock', dayLimit }, async (world) => {
        const { crew, primary } = world
        crew.start()
        crew.start()
        await crew.wrote(SOME)
        await crew.kill(1)
        crew.start()
        await crew.wrote(SOME)
        await primary.server.restart()
        await crew.wrote(SOME)
        await failOver(world)
        await crew.refused('held_day_quota')
        expect(crew.writes.length).toBeLessThanOrEqual(dayLimit)
      })
    },
    120_000 + CLEAR_WITHIN_MS,
  )

  it.concurrent('of an upstream that lowers its limit without a word is found, with few calls rejected', async () => {
    // A minute that lasts two seconds: 3,000 a minute are 100 in it, and 60 are left of them.
    const windowMs = 2_000
    await withWorld({ window: 'clock', holdMs: 1 }, async (world) => {
      const { crew, primary, adminUrl } = world
      crew.start()
      crew.start()
      await crew.wrote(SOME)
      const lowered = { appid: APP, burst: { calls: 60, windowMs } }
      const answer = await fetch(`${adminUrl}/limits`, { method: 'PUT', body: JSON.stringify(lowered) })
      expect(answer.status).toBe(200)
      const rate = async () => Number((await primary.connection.hget(KEY, 'rate')) ?? 1)
      await until(async () => (await rate()) < 0.67)
      const before = await rejectedBy(world)
      await crew.wrote(2 * SOME)
      expect(before).toBeLessThan(crew.writes.length / 4)
      expect((await rejectedBy(world)) - before).toBeLessThan(2 * SOME)
      expectCeiling(crew.writes)
    })
  }, 120_000)
})
