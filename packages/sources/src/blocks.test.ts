import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, blocks } from './blocks.js'

async function* bodyOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function blocksOf(chunks: readonly Uint8Array[]): Promise<Buffer[]> {
  const all: Buffer[] = []
  for await (const block of blocks(bodyOf(chunks))) all.push(block)
  return all
}

describe('blocks', () => {
  it('hold all bytes of the body in order, each full but the last', async () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: BLOCK_BYTES - 2, max: BLOCK_BYTES * 3 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 6 }), async (sizes) => {
        const chunks = sizes.map((length, i) => Buffer.alloc(length, i + 1))
        const all = await blocksOf(chunks)
        expect(Buffer.concat(all).equals(Buffer.concat(chunks))).toBe(true)
        expect(all.slice(0, -1).every((block) => block.length === BLOCK_BYTES)).toBe(true)
        expect(all.every((block) => block.length > 0)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('are few for a body of many tiny chunks', async () => {
    const chunks = Array.from({ length: BLOCK_BYTES + 1 }, () => Uint8Array.of(7))
    expect((await blocksOf(chunks)).map((block) => block.length)).toEqual([BLOCK_BYTES, 1])
  })
})
