import { type AppId, Secret } from '@sunpress/core'
import { beforeEach, expect, it } from 'vitest'
import { createTokenCache, type TokenCache } from './token-cache.js'
import type { ObtainedToken } from './token-refresh.js'

const app = 'wx0123456789abcdef' as AppId
const { signal } = new AbortController()
let nowMs: number
let asked: ((obtained: ObtainedToken) => void)[]
let ending: AbortSignal | undefined
let cache: TokenCache
beforeEach(() => {
  nowMs = 0
  asked = []
  cache = createTokenCache({
    clock: { monotonic: () => nowMs },
    cacheMs: 5_000,
    obtain: (_, end) => {
      ending = end
      return new Promise((resolve, reject) => {
        asked.push(resolve)
        end.addEventListener('abort', () => reject(end.reason))
      })
    },
  })
})
const named = (value: string, usableMs = 7_000_000): ObtainedToken => ({
  token: { value: new Secret(value) },
  usableMs,
})
const textOf = async (promise: ReturnType<TokenCache['get']>) => (await promise).value.reveal()

it('asks once for all callers, and again when its answer is 5 s old', async () => {
  const all = [cache.get(app, signal), cache.get(app, signal)]
  expect(asked).toHaveLength(1)
  asked[0]?.(named('one'))
  expect(await Promise.all(all.map(textOf))).toEqual(['one', 'one'])
  nowMs = 4_999
  expect(await textOf(cache.get(app, signal))).toBe('one')
  nowMs = 5_000
  void cache.get(app, signal)
  expect(asked).toHaveLength(2)
  asked[1]?.(named('two'))
})

it('believes nothing longer than it is usable', async () => {
  const first = cache.get(app, signal)
  asked[0]?.(named('one', 10))
  await first
  nowMs = 10
  void cache.get(app, signal)
  expect(asked).toHaveLength(2)
  asked[1]?.(named('two'))
})

it('keeps no answer to a question from before it was told to forget', async () => {
  const early = cache.get(app, signal)
  cache.forget(app)
  const late = cache.get(app, signal)
  expect(asked).toHaveLength(2)
  asked[1]?.(named('fresh'))
  expect(await textOf(late)).toBe('fresh')
  asked[0]?.(named('dropped'))
  expect(await textOf(early)).toBe('dropped')
  expect(await textOf(cache.get(app, signal))).toBe('fresh')
})

it('waits for renewals when it closes, and ends questions', async () => {
  let renewed = () => {}
  const first = cache.get(app, signal)
  const renewal = new Promise<void>((resolve) => {
    renewed = resolve
  })
  asked[0]?.({ ...named('one'), renewal })
  await first
  let closed = false
  const closing = cache.close().then(() => {
    closed = true
  })
  expect(ending?.aborted).toBe(true)
  await Promise.resolve()
  expect(closed).toBe(false)
  renewed()
  await closing
  await cache.close()
})
