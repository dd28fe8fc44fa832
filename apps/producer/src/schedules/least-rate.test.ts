import { expect, it } from 'vitest'
import { paced } from './least-rate.js'

/** Pages whose pieces take so long, and have so many bytes; each page takes `headMs` to begin. */
function source(pieces: readonly (readonly [ms: number, bytes: number])[], pages = 1, headMs = 0) {
  let nowMs = 0
  let closed = 0
  async function* bytesOf() {
    try {
      for (const [ms, bytes] of pieces) {
        nowMs += ms
        yield new Uint8Array(bytes)
      }
    } finally {
      closed++
    }
  }
  async function* all() {
    for (let n = 0; n < pages; n++) {
      nowMs += headMs
      yield { etag: null, url: null, isOnly: pages === 1, bytes: bytesOf() }
    }
  }
  const read = async (writeMs = 0): Promise<number> => {
    let total = 0
    for await (const { bytes } of paced(all(), { monotonic: () => nowMs })) {
      for await (const piece of bytes) {
        total += piece.length
        nowMs += writeMs
      }
    }
    return total
  }
  return { read, isClosed: () => closed > 0 }
}
const SLOW = { kind: 'retry', code: 'source_slow' }
const trickle = Array.from({ length: 120 }, () => [1_000, 12] as const)

it('a source that trickles is slow, and let go of', async () => {
  const { read, isClosed } = source(trickle)
  await expect(read()).rejects.toMatchObject(SLOW)
  expect(isClosed()).toBe(true)
})

it('one that has given much before is slow when it begins to trickle', () =>
  expect(source([[1_000, 5_000_000], ...trickle, ...trickle]).read()).rejects.toMatchObject(SLOW))

it('pages that each take most of a minute are slow', () =>
  expect(source([[0, 10]], 5, 50_000).read()).rejects.toMatchObject(SLOW))

it('an endpoint that gives a few rows every three seconds is not', async () =>
  expect(await source([[0, 2_000]], 100, 3_000).read()).toBe(200_000))

it('neither is 1 kB/s, nor a little that is soon over', async () => {
  expect(await source(Array.from({ length: 300 }, () => [1_000, 1_000] as const)).read()).toBe(300_000)
  expect(await source([[50_000, 12]]).read()).toBe(12)
})

it('does not count what it takes to write the rows', async () =>
  expect(await source(Array.from({ length: 100 }, () => [1, 10] as const)).read(10_000)).toBe(1_000))
