/** What every CodeStore promises, run over each twin. */
import { createHash, randomBytes } from 'node:crypto'
import type { ClosedCode, CodePage, CodeStore, OpenCode, ToldPicture } from '@sunpress/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePicture } from './pictures.js'

export interface OpenedCodeStore {
  readonly codes: CodeStore
  /** Has it a listing? */
  readonly vouchesByLists: boolean
  /** Puts bytes under a key by other means than the port: what a defective or foreign store may hold. */
  plant(key: string, bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

export function describeCodeStore(name: string, open: () => Promise<OpenedCodeStore>): void {
  describe(`${name} as a CodeStore`, () => {
    let opened: OpenedCodeStore
    let codes: CodeStore
    beforeAll(async () => {
      opened = await open()
      codes = opened.codes
    })
    afterAll(() => opened?.close())

    it('knows nothing of a key that was never put', async () => {
      const key = randomKey()
      expect(await codes.stat(key)).toBeNull()
      expect(await codes.confirm(key, makePicture())).toBeNull()
      expect(await codes.read(key)).toBeNull()
    })

    it('closes a picture and finds it with the same bytes, size, checksum and width', async () => {
      const [key, picture] = [randomKey(), makePicture()]
      const before = Date.now()
      const closed = await codes.put(key, picture)
      expect(closed).toMatchObject({ ...factsOf(key), origin: 'created' })
      expect(closed.closedAtMs).toBeGreaterThanOrEqual(before - 1_000)
      expect(closed.closedAtMs).toBeLessThanOrEqual(Date.now() + 1_000)
      expect(await codes.stat(key)).toMatchObject({ key, bytes: picture.bytes.byteLength })
      expect(await codes.confirm(key, picture)).toMatchObject({ ...factsOf(key), origin: 'adopted' })
      expect(await bytesOf(await codes.read(key))).toEqual(Buffer.from(picture.bytes))
    })

    it('says the same closing time whenever it is asked, within a second of its put', async () => {
      const key = randomKey()
      const put = await timed(() => codes.put(key, makePicture()))
      const asked = [await codes.stat(key), await codes.confirm(key, makePicture()), await codes.read(key)]
      const times = asked.map((code) => code?.closedAtMs ?? 0)
      expect(times).toEqual(Array(3).fill(times[0]))
      for (const time of [put.made.closedAtMs, ...times]) expectWithin(put, time)
    })

    it('adopts what is there and leaves its bytes when put again with others', async () => {
      const key = randomKey()
      const first = await codes.put(key, makePicture(1))
      const second = await codes.put(key, makePicture(2))
      expect(second).toMatchObject({ origin: 'adopted', sha256: first.sha256, bytes: first.bytes })
      expect(await bytesOf(await codes.read(key))).toEqual(Buffer.from(makePicture(1).bytes))
    })

    it('has one winner when sixteen put at once, and all close with its checksum', async () => {
      const key = randomKey()
      const all = await Promise.all(range(16).map((n) => codes.put(key, makePicture(n + 1))))
      const winners = all.filter(({ origin }) => origin === 'created')
      expect(winners).toHaveLength(1)
      expect(new Set(all.map(({ sha256 }) => sha256))).toEqual(new Set(winners.map(({ sha256 }) => sha256)))
    })

    it('reads a range with both ends, cut at the end of the picture, and says the size of the whole', async () => {
      const [key, { bytes }] = [randomKey(), makePicture()]
      await codes.put(key, makePicture())
      const size = bytes.byteLength
      const part = async (from: number, to: number) => bytesOf(await codes.read(key, { from, to }))
      expect(await part(0, 0)).toEqual(Buffer.from(bytes.subarray(0, 1)))
      expect(await part(10, 19)).toEqual(Buffer.from(bytes.subarray(10, 20)))
      expect(await part(size - 3, size + 100)).toEqual(Buffer.from(bytes.subarray(size - 3)))
      expect(await part(size, size + 1)).toHaveLength(0)
      expect((await codes.read(key, { from: 5, to: 6 }))?.bytes).toBe(size)
    })

    it('refuses to vouch for a picture that is cut, of another width or of another format', async () => {
      const { bytes } = makePicture()
      const [cut, whole] = [randomKey(), randomKey()]
      await opened.plant(cut, bytes.subarray(0, bytes.byteLength - 20))
      await opened.plant(whole, bytes)
      const defect = { kind: 'retry', code: 'store_defect' }
      await expect(codes.confirm(cut, makePicture())).rejects.toMatchObject(defect)
      await expect(codes.put(cut, makePicture())).rejects.toMatchObject(defect)
      await expect(codes.confirm(whole, { format: 'png', width: 430 })).rejects.toMatchObject(defect)
      await expect(codes.confirm(whole, { format: 'jpg', width: 280 })).rejects.toMatchObject(defect)
    })

    it('refuses another width or format of a picture that it closed itself', async () => {
      const key = randomKey()
      await codes.put(key, makePicture())
      const defect = { kind: 'retry', code: 'store_defect' }
      await expect(codes.confirm(key, { format: 'png', width: 430 })).rejects.toMatchObject(defect)
      await expect(codes.confirm(key, { format: 'jpg', width: 280 })).rejects.toMatchObject(defect)
    })

    it('adopts a whole picture that came by other means', async () => {
      const key = randomKey()
      await opened.plant(key, makePicture().bytes)
      expect(await codes.confirm(key, makePicture())).toMatchObject({ ...factsOf(key), origin: 'adopted' })
      expect(await codes.put(key, makePicture(2))).toMatchObject({ ...factsOf(key), origin: 'adopted' })
    })

    it('forgets what was removed, and removing nothing is no error', async () => {
      const key = randomKey()
      await codes.put(key, makePicture())
      await codes.remove(key)
      await codes.remove(key)
      expect(await codes.stat(key)).toBeNull()
      expect((await codes.put(key, makePicture())).origin).toBe('created')
    })

    it('lists pictures under a prefix, ascending and page by page, as large as they are, if it vouches by lists', async () => {
      const { listing } = codes
      expect(listing !== null).toBe(opened.vouchesByLists)
      if (listing === null) return
      const folder = `codes/wxlist/${randomBytes(4).toString('hex')}`
      const keys = range(1_003).map((n) => `${folder}/${String(n).padStart(4, '0')}.png`)
      const puts = await Promise.all(keys.map((key) => timed(() => codes.put(key, makePicture()))))
      const listed: CodePage['codes'][number][] = []
      const pages: number[] = []
      for (let after: string | null = ''; after !== null; ) {
        const page = await listing.page(`${folder}/`, after)
        listed.push(...page.codes)
        pages.push(page.codes.length)
        after = page.next
      }
      // A server may give fewer than there is room for.
      expect(Math.max(...pages)).toBeLessThanOrEqual(1_000)
      expect(pages.length).toBeGreaterThan(1)
      expect(listed.map(({ key, bytes }) => ({ key, bytes }))).toEqual(
        puts.map(({ made: { key, bytes } }) => ({ key, bytes })),
      )
      for (const [at, put] of puts.entries()) expectWithin(put, listed[at]?.closedAtMs ?? 0)
      expect((await listing.page(`${folder}/0007`, '')).codes.map(({ key }) => key)).toEqual([keys[7]])
      expect(await listing.page('codes/wxnobody/', '')).toEqual({ codes: [], next: null })
    })

    it('adopts what is listed only if it can be no other than what was told of', async () => {
      const { listing } = codes
      expect(listing !== null).toBe(opened.vouchesByLists)
      if (listing === null) return
      const key = randomKey()
      const closed = await codes.put(key, makePicture())
      const [listed] = (await listing.page(key, '')).codes
      if (listed === undefined) throw new Error(`${key} is not listed`)
      const told = { ...factsOf(key), publishedAtMs: listed.closedAtMs } as ToldPicture
      expect(listing.adopt(listed, told)).toEqual({ ...closed, ...listed, origin: 'adopted' })
      expect(listing.adopt(listed, { ...told, bytes: told.bytes + 1 })).toBeNull()
      expect(listing.adopt(listed, { ...told, publishedAtMs: listed.closedAtMs - 1 })).toBeNull()
      expect(listing.adopt(listed, { ...told, publishedAtMs: Number.NaN })).toBeNull()
      expect(listing.adopt(listed, { ...told, key: randomKey() })).toBeNull()
    })

    it.each(BAD_KEYS)('calls the key %j a bug', async (key) => {
      await expect((async () => codes.stat(key))()).rejects.toThrow(TypeError)
      await expect((async () => codes.put(key, makePicture()))()).rejects.toThrow(TypeError)
    })
  })
}

export const BAD_KEYS = [
  '',
  '/a',
  'a/',
  'a//b',
  '../a',
  'a/../b',
  'a/./b',
  'a\\b',
  'a\0b',
  'a/.tmp-1',
  'é',
  'a b',
  'a?b',
]

const randomKey = (): string =>
  `codes/wx0/${randomBytes(1).toString('hex')}/${randomBytes(8).toString('hex')}.png`
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

function factsOf(key: string): Partial<ClosedCode> {
  const { bytes, width, format } = makePicture()
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { key, bytes: bytes.byteLength, sha256, width, format }
}

interface Timed<T> {
  readonly made: T
  readonly fromMs: number
  readonly toMs: number
}

async function timed<T>(make: () => Promise<T>): Promise<Timed<T>> {
  const fromMs = Date.now()
  return { made: await make(), fromMs, toMs: Date.now() }
}

/** A put may take long, in a queue or a sync: its closing time is one in it. Stores keep times to the second. */
function expectWithin({ fromMs, toMs }: Timed<unknown>, closedAtMs: number): void {
  expect(closedAtMs).toBeGreaterThanOrEqual(fromMs - 1_000)
  expect(closedAtMs).toBeLessThanOrEqual(toMs + 1_000)
}

async function bytesOf(open: OpenCode | null): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of open?.body ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}
