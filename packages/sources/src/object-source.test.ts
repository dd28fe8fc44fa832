import { describe, expect, it } from 'vitest'
import { objectPages, RANGE_BYTES } from './object-source.js'

/** Files by key; `onRange` is called before each read. */
function store(files: Map<string, Buffer>, onRange: (from: number) => void = () => {}) {
  return {
    async readRange(key: string, from: number, to: number) {
      onRange(from)
      return files.get(key)?.subarray(from, to + 1) ?? null
    },
  }
}

async function bytesOf(records: ReturnType<typeof store>, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const page of objectPages(records, key)) {
    expect(page).toMatchObject({ etag: null, isOnly: true })
    for await (const chunk of page.bytes) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const KEY = 'sources/a.csv'

describe('an object of the store', () => {
  it.each([0, 5, RANGE_BYTES - 1, RANGE_BYTES, RANGE_BYTES + 1])('of %i bytes comes whole', async (size) => {
    const file = Buffer.alloc(size, 'ab')
    expect((await bytesOf(store(new Map([[KEY, file]])), KEY)).equals(file)).toBe(true)
  })

  it('that isn’t there may come later', async () => {
    await expect(bytesOf(store(new Map()), KEY)).rejects.toMatchObject({
      kind: 'retry',
      code: 'source_missing',
    })
  })

  it('that was replaced while it was read is found out', async () => {
    const files = new Map([[KEY, Buffer.alloc(RANGE_BYTES + 10, 'a')]])
    const records = store(files, (from) => {
      if (from > 0) files.set(KEY, Buffer.alloc(RANGE_BYTES + 10, 'b'))
    })
    await expect(bytesOf(records, KEY)).rejects.toMatchObject({ kind: 'retry', code: 'source_changed' })
  })
})
