import {
  type CodeApi,
  type CodeStore,
  createRetryBudget,
  createTurns,
  HaltFault,
  HoldFault,
  RefuseFault,
  RetryFault,
  Secret,
} from '@sunpress/core'
import { makeJpeg } from '@sunpress/image/testing'
import { openMemoryStore } from '@sunpress/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from './answer.js'
import { parseOrder } from './order.js'
import { printSlice } from './print-slice.js'
import { createSpacing } from './spacing.js'
import { passingClock } from './testing/passing-clock.js'

const JPEG = makeJpeg({ width: 430 })
const RID = '61725984-6126f6f9-040f19c4'
const busy = () => new RetryFault('upstream_-1', 'busy', { errcode: -1, errmsg: 'busy', rid: RID })

let clock: ReturnType<typeof passingClock>
let store: CodeStore
let calls: string[]
let logged: Readonly<Record<string, unknown>>[]
/** What WeChat does about a scene; without it, a picture. */
let say: (scene: string, call: number) => Uint8Array
beforeEach(() => {
  clock = passingClock()
  store = openMemoryStore({ clock }).codes
  calls = []
  logged = []
  say = () => JPEG
})

const api: CodeApi = {
  async request({ scene }) {
    calls.push(scene)
    return say(scene, calls.filter((each) => each === scene).length)
  },
}

async function slice(scenes: readonly unknown[], from = 0, ms = 60_000, inHand = 1): Promise<Answer> {
  const order = parseOrder({ app: 'wx0123456789abcdef', look: { page: 'pages/a' }, scenes, from })
  if (!order.ok) throw new Error(order.defects[0]?.message)
  const spacing = createSpacing(clock, 60)
  spacing.begin(clock.monotonic() + ms)
  const tokens = { get: async () => ({ value: new Secret('') }), drop: async () => {} }
  const own = { clock, random: () => 0, turns: createTurns(), retries: createRetryBudget(clock) }
  return await printSlice(order.value, {
    ...{ road: { api, store, tokens, ...own }, spacing, inHand, signal: new AbortController().signal },
    log: (line) => logged.push(line),
  })
}

describe('a slice', () => {
  it('prints each scene, and tells what a manifest would', async () => {
    const answer = await slice(['s=1', { scene: 's=2', ref: 'shop 2' }])
    expect(answer).toMatchObject({ done: true, next: null, held: null })
    expect(answer.rows).toEqual([
      expect.objectContaining({ scene: 's=1', width: 430, bytes: JPEG.length, reused: false }),
      expect.objectContaining({ scene: 's=2', ref: 'shop 2', contentType: 'image/jpeg', reused: false }),
    ])
    for (const row of answer.rows) {
      const { key, sha256 } = row as { key: string; sha256: string }
      expect(await store.confirm(key, { format: 'jpg', width: 430 })).toMatchObject({ sha256 })
    }
  })

  it('asks for nothing that the store has: the same again is reused', async () => {
    const [first] = (await slice(['s=1'])).rows
    clock.pass(1_000)
    const [second] = (await slice(['s=1', 's=1'])).rows
    expect(second).toEqual({ ...first, reused: true })
    expect(calls).toEqual(['s=1'])
  })

  it('stores and publishes no picture that is not whole', async () => {
    say = (_, call) => (call === 1 ? JPEG.subarray(0, JPEG.length - 9) : JPEG)
    const { rows } = await slice(['s=1'])
    expect(calls).toEqual(['s=1', 's=1'])
    expect(rows).toMatchObject([{ scene: 's=1', bytes: JPEG.length, reused: false }])
    expect(logged).toMatchObject([{ msg: 'fault', scene: 's=1', next: 'retry' }])
  })

  it('refuses bad rows and scenes that can never work, with errcode and rid, and goes on', async () => {
    say = (scene) => {
      if (scene !== 's=bad') return JPEG
      throw new RefuseFault('invalid_page', 'x', { errcode: 41030, errmsg: 'x', rid: RID })
    }
    const { rows, done } = await slice(['not a scene', 's=bad', 's=1'])
    expect(done).toBe(true)
    expect(rows).toMatchObject([
      { scene: 'not a scene', errcode: null, reason: 'bad_row', errors: [{ rule: 'alphabet' }] },
      { scene: 's=bad', errcode: 41030, reason: 'invalid_page', rid: RID },
      { scene: 's=1', reused: false },
    ])
    expect(logged).toMatchObject([{ errcode: 41030, rid: RID }])
  })
})

describe('a slice that ends early', () => {
  const scenes = ['s=1', 's=2', 's=3', 's=4']

  it('says where, and the next goes on there, until all have their row once', async () => {
    const first = await slice(scenes, 0, 1_500)
    expect(first).toMatchObject({ done: false, next: 2, held: null })
    const second = await slice(scenes, 2)
    expect(second).toMatchObject({ done: true, next: null })
    expect([...first.rows, ...second.rows].map(({ scene }) => scene)).toEqual(scenes)
    expect(calls).toEqual(scenes)
  })

  it('for a hold says why and for how long, and calls nothing more', async () => {
    say = (scene) => {
      if (scene === 's=1') return JPEG
      const hold = { scope: 'lane', reason: 'minute_quota', forMs: 40_000 } as const
      throw new HoldFault('upstream_45009', 'the quota is used up', hold)
    }
    const held = { reason: 'minute_quota', message: 'the quota is used up', retryAfterMs: 40_000 }
    expect(await slice(scenes)).toMatchObject({ done: false, next: 1, rows: [{ scene: 's=1' }], held })
    expect(calls).toEqual(['s=1', 's=2'])
  })

  it('has no row for what ended behind a scene that did not', async () => {
    say = (scene) => {
      if (scene !== 's=2') return JPEG
      throw busy()
    }
    const answer = await slice(scenes, 0, 4_500, 2)
    expect(calls).toContain('s=3')
    expect(answer).toMatchObject({ done: false, next: 1, held: null })
    expect(answer.rows.map(({ scene }) => scene)).toEqual(['s=1'])
  })

  it('gives up its first scene when others pass: the next slice would get no farther', async () => {
    say = (scene) => {
      if (scene === 's=1') throw busy()
      return JPEG
    }
    const answer = await slice(scenes, 0, 3_500, 2)
    expect(answer.rows[0]).toMatchObject({ scene: 's=1', reason: 'upstream_-1', errcode: -1, rid: RID })
    expect(answer.rows.length).toBeGreaterThan(1)
  })

  it('gives up a scene that alone is left', async () => {
    say = (scene) => {
      if (scene === 's=4') throw busy()
      return JPEG
    }
    const reason = { scene: 's=4', reason: 'upstream_-1', errcode: -1, rid: RID }
    expect(await slice(scenes, 3, 2_500)).toMatchObject({ done: true, rows: [reason] })
  })

  it('does not sleep past its end', async () => {
    say = () => {
      throw busy()
    }
    const startedMs = clock.monotonic()
    await slice(scenes, 0, 2_500)
    expect(clock.monotonic() - startedMs).toBeLessThan(2_500)
  })

  it('waits when nothing passes at all: no scene is at fault', async () => {
    say = () => {
      throw busy()
    }
    const held = { reason: 'upstream', retryAfterMs: 60_000 }
    expect(await slice(scenes, 0, 2_500)).toMatchObject({ done: false, next: 0, rows: [], held })
  })

  it('for a process that can not work throws what it met', async () => {
    const fault = new HaltFault('broken', 'x')
    say = () => {
      throw fault
    }
    await expect(slice(scenes)).rejects.toBe(fault)
  })
})
