import { type Clock, type CodeStore, HoldFault, RetryFault } from '@sunpress/core'
import { makePicture } from '@sunpress/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { openMemoryStore } from '../memory/memory-store.js'
import { breakOnTrouble } from './store-breaker.js'

const picture = makePicture()
const away = () => new RetryFault('store_unavailable', 'no answer')
const full = () =>
  new HoldFault('store_full', 'the disk is full', { scope: 'app', reason: 'storage', forMs: 30_000 })

/** A memory store that fails as told, and a clock that sleeping moves. */
function scripted() {
  let nowMs = 0
  const slept: number[] = []
  const told: string[] = []
  const puts: string[] = []
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    async sleep(ms) {
      slept.push(ms)
      nowMs += ms
    },
  }
  const memory = openMemoryStore({ clock }).codes
  /** What the next puts throw; `always` when they are used up. */
  const script: { faults: (Error | null)[]; always: Error | null; putFirst: boolean } = {
    faults: [],
    always: null,
    putFirst: false,
  }
  const codes: CodeStore = {
    ...memory,
    async put(key, given) {
      puts.push(key)
      const fault = script.faults.length > 0 ? script.faults.shift() : script.always
      if (fault !== null && fault !== undefined) {
        if (script.putFirst) await memory.put(key, given)
        throw fault
      }
      return await memory.put(key, given)
    },
  }
  const observer = {
    broke: ({ code }: { code: string }) => told.push(code),
    mended: () => told.push('mended'),
  }
  const store = breakOnTrouble(codes, { clock, random: () => 1, observer })
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { store, memory, script, slept, told, puts, pass }
}

let stage: ReturnType<typeof scripted>
beforeEach(() => {
  stage = scripted()
})
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    ({ code }) => code as string,
  )
const breakIt = async () => {
  stage.script.always = full()
  await codeOf(stage.store.put('codes/a', picture))
}

describe('a picture in hand', () => {
  it('is put again before it is given up, so that its call is not made twice', async () => {
    stage.script.faults = [away(), full()]
    const closed = await stage.store.put('codes/a', picture)
    expect([closed.origin, stage.slept]).toEqual(['created', [500, 2_000]])
    expect(await stage.store.stat('codes/a')).not.toBeNull()
  })

  it('is given up after four tries, and stops the app without an attempt of its scene', async () => {
    stage.script.always = away()
    await expect(stage.store.put('codes/a', picture)).rejects.toMatchObject({
      kind: 'hold',
      code: 'store_unavailable',
      reason: 'storage',
      scope: 'app',
    })
    expect([stage.puts.length, stage.slept]).toEqual([4, [500, 2_000, 8_000]])
  })

  it('is given up sooner where the store is slow to fail', async () => {
    stage.script.always = away()
    const slow: CodeStore = { ...stage.store, put: stage.store.put }
    const put = slow.put('codes/a', picture)
    stage.pass(11_900)
    expect(await codeOf(put)).toBe('store_unavailable')
    expect(stage.puts).toHaveLength(1)
  })

  it('is its own when a put that seemed to fail had taken effect', async () => {
    stage.script.faults = [away()]
    stage.script.putFirst = true
    expect((await stage.store.put('codes/a', picture)).origin).toBe('created')
  })

  it.each([new RetryFault('store_defect', 'what is there is cut'), new TypeError('not a key of the store')])(
    'is not put again where the store is not to blame: %s',
    async (fault) => {
      stage.script.always = fault
      for (let i = 0; i < 5; i++) await expect(stage.store.put('codes/a', picture)).rejects.toBe(fault)
      expect([stage.puts.length, stage.told]).toEqual([5, []])
      expect(await stage.store.stat('codes/b')).toBeNull()
    },
  )
})

describe('a store in trouble', () => {
  it('is looked at no more, so that no call is made, after three puts in a row have failed', async () => {
    stage.script.faults = [full(), full(), null, full(), full(), null]
    await stage.store.put('codes/a', picture)
    await stage.store.put('codes/b', picture)
    expect(await codeOf(stage.store.stat('codes/c'))).toBe('fine')
    stage.script.faults = [full(), full(), full(), full()]
    await codeOf(stage.store.put('codes/c', picture))
    stage.script.always = full()
    expect(stage.told).toEqual(['store_full'])
    await expect(stage.store.stat('codes/c')).rejects.toMatchObject({
      kind: 'hold',
      code: 'store_full',
      reason: 'storage',
      message: "no call is made while pictures can't be stored: the disk is full",
    })
  })

  it('is still read', async () => {
    await stage.store.put('codes/old', picture)
    await breakIt()
    expect(await stage.store.read('codes/old')).not.toBeNull()
    await stage.store.remove('codes/old')
    expect(await stage.memory.stat('codes/old')).toBeNull()
  })

  it('is probed after 1, 2, 4 … 30 s, by one at a time', async () => {
    await breakIt()
    const asked = stage.puts.length
    const probed: number[] = []
    for (let second = 0; second <= 100; second++) {
      const before = stage.puts.length
      await Promise.all([1, 2, 3].map(() => codeOf(stage.store.stat('codes/a'))))
      if (stage.puts.length > before) probed.push(second)
      stage.pass(1_000)
    }
    expect(probed).toEqual([0, 2, 6, 14, 30, 60, 90])
    expect(stage.puts.length - asked).toBe(7)
    expect(stage.puts.slice(asked).every((key) => key.startsWith('apps/.probe/'))).toBe(true)
  })

  it('is trusted again when a probe has gone well, which leaves nothing behind', async () => {
    await breakIt()
    stage.script.always = null
    expect(await stage.store.stat('codes/a')).toBeNull()
    expect(stage.told).toEqual(['store_full', 'mended'])
    const probe = stage.puts.at(-1) ?? ''
    expect(await stage.memory.stat(probe)).toBeNull()
    expect((await stage.store.put('codes/a', picture)).origin).toBe('created')
  })

  it('is trusted again when a picture in hand has gone in', async () => {
    stage.script.faults = [full(), full(), full(), null]
    await stage.store.put('codes/a', picture)
    expect(stage.told).toEqual(['store_full', 'mended'])
    expect(await codeOf(stage.store.stat('codes/b'))).toBe('fine')
  })

  it('holds the app for 1 to 5 s at a time, so that a mended store is used soon', async () => {
    await breakIt()
    const heldMs: number[] = []
    for (let i = 0; i < 40; i++) {
      await stage.store.stat('codes/a').catch((fault: HoldFault) => heldMs.push(fault.forMs))
      stage.pass(1_000)
    }
    expect([Math.min(...heldMs), Math.max(...heldMs)]).toEqual([1_000, 5_000])
  })
})
