/** What every Records promises, run over each twin. */
import { randomBytes } from 'node:crypto'
import type { ListOptions, Records } from '@sunpress/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BAD_KEYS } from './code-store.js'

export interface OpenedRecords {
  readonly records: Records
  close(): Promise<void>
}

export function describeRecords(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as Records`, () => {
    let opened: OpenedRecords
    let records: Records
    beforeAll(async () => {
      opened = await open()
      records = opened.records
    })
    afterAll(() => opened?.close())
    const write = async (keys: readonly string[]) => {
      for (const key of keys) await records.put(key, bytes(key))
    }

    it('knows nothing of a key that was never put', async () => {
      expect(await records.read(randomFolder())).toBeNull()
      expect(await records.readRange(randomFolder(), 0, 9)).toBeNull()
    })

    it('reads what was put last', async () => {
      const key = `${randomFolder()}/campaign.json`
      await records.put(key, bytes('first'))
      await records.put(key, bytes('second, longer'))
      await records.put(key, bytes('third'))
      expect(text(await records.read(key))).toBe('third')
    })

    it('keeps empty records and records of a megabyte', async () => {
      const folder = randomFolder()
      const large = randomBytes(1_048_577)
      await records.put(`${folder}/empty`, bytes(''))
      await records.put(`${folder}/large`, large)
      expect(text(await records.read(`${folder}/empty`))).toBe('')
      expect(Buffer.from((await records.read(`${folder}/large`)) ?? []).equals(large)).toBe(true)
      expect(await records.readRange(`${folder}/empty`, 0, 9)).toHaveLength(0)
    })

    it('does not follow the bytes that a caller changes after the put', async () => {
      const key = randomFolder()
      const mine = bytes('before')
      await records.put(key, mine)
      mine.fill(0)
      expect(text(await records.read(key))).toBe('before')
    })

    it('creates once and keeps the first bytes', async () => {
      const key = `${randomFolder()}/part-0.ndjson`
      expect(await records.putIfAbsent(key, bytes('first'))).toBe('created')
      expect(await records.putIfAbsent(key, bytes('second'))).toBe('existed')
      expect(text(await records.read(key))).toBe('first')
    })

    it('has one winner when sixteen create at once', async () => {
      const key = `${randomFolder()}/control/1.json`
      const all = await Promise.all(
        Array.from({ length: 16 }, (_, n) => records.putIfAbsent(key, bytes(`${n}`))),
      )
      expect(all.filter((outcome) => outcome === 'created')).toHaveLength(1)
      expect(text(await records.read(key))).toBe(`${all.indexOf('created')}`)
    })

    it('reads ranges with both ends, cut at the end', async () => {
      const key = randomFolder()
      await records.put(key, bytes('0123456789'))
      expect(text(await records.readRange(key, 0, 3))).toBe('0123')
      expect(text(await records.readRange(key, 8, 8))).toBe('8')
      expect(text(await records.readRange(key, 7, 100))).toBe('789')
      expect(text(await records.readRange(key, 10, 11))).toBe('')
      await expect((async () => records.readRange(key, 3, 2))()).rejects.toThrow(TypeError)
    })

    it('lists ascending by code point, folders and names beginning alike', async () => {
      const folder = `${randomFolder()}/`
      const names = ['a', 'a-b', 'b.c', 'b/c', 'b/d/e', 'b0', 'Z', '10', '2', 'c/~', 'c/x']
      await write(names.map((name) => folder + name))
      const sorted = names.toSorted().map((name) => folder + name)
      expect(await records.list(folder)).toEqual({ keys: sorted, next: null })
    })

    it('lists what begins with a prefix that is cut within a name', async () => {
      const folder = `${randomFolder()}/`
      await write([`${folder}part-0`, `${folder}part-1`, `${folder}port`, `${folder}part/x`])
      const { keys } = await records.list(`${folder}part-`)
      expect(keys).toEqual([`${folder}part-0`, `${folder}part-1`])
      expect((await records.list(`${folder}nothing/here`)).keys).toEqual([])
    })

    it.each([1, 2, 3, 7, 20])('pages by %i without a gap or a repeat, folded or not', async (limit) => {
      const folder = `${randomFolder()}/`
      const names = ['a/1', 'a/2', 'a/3/4', 'a.b', 'a0', 'b', 'c/1', 'c/2', 'd', 'e/1/2', 'f']
      await write(names.map((name) => folder + name))
      const flat = names.toSorted().map((name) => folder + name)
      expect(await allPages(records, folder, { limit })).toEqual(flat)
      const folded = ['a.b', 'a/', 'a0', 'b', 'c/', 'd', 'e/', 'f'].map((name) => folder + name)
      expect(await allPages(records, folder, { limit, folders: true })).toEqual(folded)
    })

    it('lists only what lies behind a key, be it there or not', async () => {
      const folder = `${randomFolder()}/`
      await write(['a', 'b/1', 'b/2', 'c'].map((name) => folder + name))
      expect((await records.list(folder, { after: `${folder}b/1` })).keys).toEqual([
        `${folder}b/2`,
        `${folder}c`,
      ])
      expect((await records.list(folder, { after: `${folder}b/11` })).keys).toEqual([
        `${folder}b/2`,
        `${folder}c`,
      ])
      expect((await records.list(folder, { after: `${folder}a0` })).keys).toHaveLength(3)
      expect(await records.list(folder, { after: `${folder}z` })).toEqual({ keys: [], next: null })
    })

    it('names a folder no longer when the last record in it is gone', async () => {
      const folder = `${randomFolder()}/`
      await write([`${folder}gone/deep/record`, `${folder}kept/record`])
      await records.remove(`${folder}gone/deep/record`)
      expect((await records.list(folder, { folders: true })).keys).toEqual([`${folder}kept/`])
      expect(await records.read(`${folder}gone/deep/record`)).toBeNull()
    })

    it('removes nothing without an error', async () => {
      await records.remove(`${randomFolder()}/nothing`)
    })

    it.each(BAD_KEYS)('calls the key %j a bug', async (key) => {
      await expect((async () => records.put(key, bytes('x')))()).rejects.toThrow(TypeError)
      await expect((async () => records.read(key))()).rejects.toThrow(TypeError)
    })
  })
}

async function allPages(records: Records, prefix: string, options: ListOptions): Promise<string[]> {
  const keys: string[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page = await records.list(prefix, { ...options, after })
    expect(page.keys.length).toBeLessThanOrEqual(options.limit ?? 1_000)
    keys.push(...page.keys)
    after = page.next
  }
  return keys
}

const randomFolder = (): string => `campaigns/${randomBytes(8).toString('hex')}`
const bytes = (words: string): Buffer => Buffer.from(words)
const text = (found: Uint8Array | null): string | null =>
  found === null ? null : Buffer.from(found).toString()
