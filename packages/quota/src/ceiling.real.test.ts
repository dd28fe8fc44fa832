/** The guarantee over all that can befall a server: take-permits.lua and settle-permits.lua, with a clock and run ids of the test's own. */
import { randomUUID } from 'node:crypto'
import { connectRedis } from '@sunpress/redis'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { spacingUs, WINDOW_MS } from './spacing.js'
import { mostInWindow } from './testing/most-in-window.js'
import { permitsAt } from './testing/permits-at.js'
import { type SimulatedServer, simulateLua } from './testing/simulated-lua.js'

const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'ceiling-test' })
const EPOCH_US = 1_750_000_000_000_000
const S = 1_000_000
let key = ''
let server: SimulatedServer
let run: ReturnType<typeof simulateLua>

beforeEach(() => {
  key = `test-${randomUUID()}:permits`
  server = { nowUs: EPOCH_US, runId: 'a1' }
  run = simulateLua(redis, server)
})
afterAll(async () => {
  await redis.del(key)
  redis.disconnect()
})

const { take, settle } = permitsAt(() => ({ run, keys: [key, `${key}:app`] }))

/** What can befall the server and those who ask it. Times in µs. */
const events = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('take' as const),
        wanted: fc.integer({ min: 1, max: 25 }),
        passUs: fc.nat(400_000),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), passUs: fc.nat(3 * S) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('restart' as const),
        forgotten: fc.nat(10),
        aheadUs: fc.integer({ min: -30 * S, max: 30 * S }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('setBack' as const), byUs: fc.nat(7_200 * S) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leap' as const), byUs: fc.nat(7_200 * S) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('moved' as const),
        byUs: fc.integer({ min: -5 * S, max: 5 * S }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('reject' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('letIn' as const) }) },
  ),
  { minLength: 20, maxLength: 120 },
)

describe('the ceiling', () => {
  const long = { timeout: 180_000 }

  // Tens of thousands of exchanges with Redis, one after the other.
  it('stands whatever restarts, lost state, flushes and clock jumps come between takes', long, async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.constantFrom(1, 2, 30, 600, 5_000),
        fc.infiniteStream(fc.nat(150)),
        async (all, limit, late) => {
          await redis.del(key)
          server.runId = 'run0'
          let trueUs = 0
          let offsetUs = EPOCH_US
          let runs = 0
          let leapt = false
          const states: Record<string, string>[] = []
          const slots: number[] = []
          const at = () => {
            server.nowUs = trueUs + offsetUs
          }
          at()
          await settle(0, limit)
          for (const event of all) {
            at()
            if (event.kind === 'pass') trueUs += event.passUs
            else if (event.kind === 'setBack') offsetUs -= event.byUs
            else if (event.kind === 'moved') await redis.hincrby(key, 'tat', event.byUs)
            else if (event.kind === 'reject') {
              await run('reject-call', [key], [3_000, server.nowUs, '0', 0, 1, '0', ''])
            } else if (event.kind === 'letIn') await run('end-probe', [key], ['passed', 0])
            else if (event.kind === 'leap') {
              offsetUs += event.byUs
              leapt = true
            } else if (event.kind === 'flush') {
              await redis.del(key)
              await settle(60_000, limit)
            } else if (event.kind === 'restart') {
              // Without a state there is nothing that could come back older.
              server.runId = `run${++runs}`
              offsetUs += event.aheadUs
              const old = states.at(-1 - event.forgotten)
              if (old !== undefined) {
                await redis.del(key)
                await redis.hset(key, old)
              }
            } else {
              trueUs += event.passUs
              at()
              if ((await take({ limit, wanted: 1, patienceUs: -1, leapt }))[0] === 'unsettled')
                await settle(60_000, limit)
              const [kind, firstUs = 0, count = 0, , apartUs = 0] = await take({
                limit,
                wanted: event.wanted,
                leapt,
              })
              if (kind !== 'held') leapt = false
              if (kind === 'granted') {
                for (let i = 0; i < count; i++) slots.push(trueUs + firstUs + i * apartUs)
              }
              states.push(await redis.hgetall(key))
            }
          }
          slots.sort((a, b) => a - b)
          for (const [i, slot] of slots.entries()) {
            if (i > 0) expect(slot - (slots[i - 1] ?? 0)).toBeGreaterThanOrEqual(spacingUs(limit))
          }
          const writesMs = slots.map((slot) => slot / 1_000 + (late.next().value as number))
          expect(mostInWindow(writesMs, WINDOW_MS)).toBeLessThanOrEqual(limit)
        },
      ),
      { numRuns: 200 },
    )
  })
})
