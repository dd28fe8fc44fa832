import { type AppId, type Clock, type ComponentId, HaltFault, WaitFault } from '@sunpress/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createMerchantWatch, type MerchantWatch } from './merchant-watch.js'
import type { Platform } from './platform.js'
import type { PlatformBook } from './platforms.js'

const component = 'wxfedcba9876543210' as ComponentId
const merchant = 'wx0123456789abcdef' as AppId

/** Time goes on with each turn of the watch. */
function startWatch(more: { relistMs?: number } = {}) {
  let nowMs = 0
  let slept = () => {}
  const world = {
    version: 'a' as string | null,
    away: null as Error | null,
    told: [] as string[],
    faults: [] as unknown[],
  }
  const platform: Partial<Platform> = {
    component: { appid: component } as Platform['component'],
    merchants: async () => [merchant],
    async merchantsVersion() {
      if (world.away !== null) throw world.away
      return world.version
    },
  }
  const book: PlatformBook = {
    find: (id) => (id === component ? (platform as Platform) : undefined),
    all: () => [platform as Platform],
  }
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        slept = () => {
          nowMs += ms
          resolve()
        }
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
  const watch = createMerchantWatch({
    ...{ platforms: book, clock, everyMs: 3_000, ...more },
    onFault: (_, fault) => world.faults.push(fault),
  })
  const forget = watch.onChange((id, merchants) => world.told.push([id, ...merchants].join(' ')))
  const turn = async (): Promise<void> => {
    slept()
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { world, watch, turn, forget }
}

let watch: MerchantWatch
afterEach(() => watch.stop())

describe('the watch over merchants', () => {
  it('tells at first, and then of changes alone', async () => {
    const started = startWatch()
    const { world, turn } = started
    watch = started.watch
    await Promise.all([watch.start(), watch.start()])
    await turn()
    await turn()
    expect(world.told).toEqual([`${component} ${merchant}`])
    world.version = 'b'
    await turn()
    await turn()
    expect(world.told).toHaveLength(2)
  })

  it('tells when Redis has lost the version', async () => {
    const { world, turn, ...started } = startWatch()
    watch = started.watch
    await watch.start()
    await turn()
    world.version = null
    await turn()
    expect(world.told).toHaveLength(2)
  })

  it('tells now and then without any sign of a change', async () => {
    const { world, turn, ...started } = startWatch({ relistMs: 9_000 })
    watch = started.watch
    await watch.start()
    await turn()
    for (let i = 0; i < 3; i++) await turn()
    expect(world.told).toHaveLength(2)
  })

  it('goes on after a fault', async () => {
    const { world, turn, ...started } = startWatch()
    watch = started.watch
    world.away = new WaitFault('redis_unavailable', 'away', 1_000)
    await watch.start()
    expect(world.faults).toHaveLength(1)
    world.away = null
    await turn()
    expect(world.told).toEqual([`${component} ${merchant}`])
  })

  it('does not start where the vault has another key, and stops all the same', async () => {
    const { world, ...started } = startWatch()
    watch = started.watch
    world.away = new HaltFault('vault_key', 'another SUNPRESS_SECRET_KEY')
    await expect(watch.start()).rejects.toBe(world.away)
  })

  it('tells nobody who has gone', async () => {
    const { world, turn, forget, ...started } = startWatch()
    watch = started.watch
    forget()
    await watch.start()
    await turn()
    expect(world.told).toEqual([])
  })

  it('stops twice, and without a start', async () => {
    watch = startWatch().watch
    await watch.stop()
    await watch.stop()
  })

  it('lists the merchants of a platform, and none of one that is not configured', async () => {
    watch = startWatch().watch
    expect(await watch.list(component)).toEqual([merchant])
    expect(await watch.list('wxaaaaaaaaaaaaaaaa' as ComponentId)).toEqual([])
  })
})
