import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseBits, parseScenes, toBits, toScenes } from './bits-file.js'

const bits = Buffer.from([0x80, 0x01, 0x0a])
const file = toBits({ kind: 'done', n: 3 } as { kind: string }, bits)

describe('a bitmap in a file', () => {
  it('comes back as it was, with what its head says', () => {
    expect(parseBits(file, 'done', 20)).toEqual({ head: { n: 3 }, bits })
  })

  it.each<[string, Uint8Array | null]>([
    ['missing', null],
    ['empty', Buffer.alloc(0)],
    ['cut', file.subarray(0, -1)],
    ['longer', Buffer.concat([file, Buffer.from([0])])],
    ['changed in one bit', Buffer.concat([file.subarray(0, -1), Buffer.from([0x0b])])],
    ['of a newer version', Buffer.from(file.toString('latin1').replace('"v":2', '"v":3'), 'latin1')],
    [
      'changed in one number of its head',
      Buffer.from(file.toString('latin1').replace('"n":3', '"n":4'), 'latin1'),
    ],
    ['something else', Buffer.from('{"v":1}\n')],
    ['no JSON', Buffer.concat([Buffer.from('{"v":1,\n'), bits])],
    ['without a line', Buffer.alloc(5_000, 0x20)],
  ])('is null when it is %s', (_, bytes) => {
    expect(parseBits(bytes, 'done', 20)).toBeNull()
  })

  it('is null for another kind, and for a campaign of another size', () => {
    expect(parseBits(file, 'retried', 20)).toBeNull()
    expect(parseBits(file, 'done', 25)).toBeNull()
  })

  it('of the first version, with a checksum over its bits alone, is still read', () => {
    const sha256 = createHash('sha256').update(bits).digest('hex')
    const old = Buffer.concat([
      Buffer.from(`${JSON.stringify({ v: 1, kind: 'retried', n: 3, sha256 })}\n`),
      bits,
    ])
    expect(parseBits(old, 'retried', 20)).toEqual({ head: { n: 3 }, bits })
    const found = parseScenes(old, 'retried', 20)
    expect([0, 15, 20, 22].filter((index) => found?.scenes.has(index))).toEqual([0, 15, 20, 22])
  })
})

describe('scenes in a file', () => {
  const scenesOf = (total: number, ...indexes: number[]) => {
    const bitmap = Buffer.alloc(Math.ceil(total / 8))
    for (const index of indexes) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (0x80 >> (index & 7))
    const bytes = toScenes({ kind: 'retried', seq: 1 } as { kind: string }, bitmap)
    const found = parseScenes<{ seq: number }>(bytes, 'retried', total)
    const each: number[] = []
    found?.scenes.each((index) => each.push(index))
    return { bytes, found, each }
  }

  it('are a list while they are few: none and a few of a million take a line', () => {
    for (const few of [[], [0], [7, 8, 999_999]]) {
      const { bytes, found, each } = scenesOf(1_000_000, ...few)
      expect(bytes.length).toBeLessThan(200)
      expect(found).toMatchObject({ head: { seq: 1 }, scenes: { size: few.length, isSparse: true } })
      expect(each).toEqual(few)
      expect([few.every((index) => found?.scenes.has(index)), found?.scenes.has(9)]).toEqual([true, false])
    }
  })

  it('are bits when they are many', () => {
    const many = Array.from({ length: 100 }, (_, at) => at * 2)
    const { bytes, found, each } = scenesOf(400, ...many)
    expect(bytes.length).toBeLessThan(50 + 200)
    expect(found?.scenes).toMatchObject({ size: 100, isSparse: false })
    expect(each).toEqual(many)
    expect([found?.scenes.has(2), found?.scenes.has(3)]).toEqual([true, false])
  })

  it('are null when they are of a smaller campaign', () => {
    expect(parseScenes(scenesOf(1_000, 999).bytes, 'retried', 999)).toBeNull()
  })
})
