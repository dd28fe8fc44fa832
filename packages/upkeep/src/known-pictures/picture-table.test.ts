import { createHash } from 'node:crypto'
import { type AppId, type CodeId, codeIdOf, DEFAULT_LOOK } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { createPictureTable, positionOf } from './picture-table.js'

const appid = 'wx0123456789abcdef' as AppId
const idOf = (at: number): CodeId =>
  codeIdOf(appid, `s=${at}`, { ...DEFAULT_LOOK, page: 'pages/index/index' })
const rowOf = (at: number) => ({
  bytes: 40_000 + at,
  sha256: createHash('sha256').update(`${at}`).digest('hex'),
  width: 430,
  publishedAtMs: 1_700_000_000_123 + at,
})
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

describe('a table of pictures', () => {
  it('gives back what was told of each, full to its last row', () => {
    const table = createPictureTable(5_000)
    for (const at of range(5_000)) table.tell(idOf(at), rowOf(at))
    for (const at of range(5_000)) expect(table.find(idOf(at))).toEqual({ ...rowOf(at), closedAtMs: null })
    expect(table.find(idOf(5_000))).toBeNull()
  })

  it('takes no more than it was made for, and the same picture again', () => {
    const table = createPictureTable(1)
    table.tell(idOf(1), rowOf(1))
    table.tell(idOf(1), rowOf(2))
    expect(table.find(idOf(1))).toMatchObject(rowOf(2))
    expect(() => table.tell(idOf(2), rowOf(2))).toThrow(RangeError)
  })

  it('notes that a picture stands only where it was told of, and as large', () => {
    const table = createPictureTable(10)
    for (const at of range(3)) table.tell(idOf(at), rowOf(at))
    table.see(idOf(0), { bytes: 40_000, closedAtMs: 1_600_000_000_001 })
    table.see(idOf(1), { bytes: 40_000, closedAtMs: 1_600_000_000_001 })
    table.see(idOf(7), { bytes: 40_007, closedAtMs: 1_600_000_000_001 })
    expect(range(3).map((at) => table.find(idOf(at))?.closedAtMs)).toEqual([1_600_000_000_001, null, null])
    expect(table.find(idOf(7))).toBeNull()
  })

  it('forgets that it stands when something newer is told of it', () => {
    const table = createPictureTable(1)
    table.tell(idOf(0), rowOf(0))
    table.see(idOf(0), { bytes: 40_000, closedAtMs: 1 })
    table.tell(idOf(0), rowOf(0))
    expect(table.find(idOf(0))?.closedAtMs).toBeNull()
  })
})

it('the position of a digest rises as keys ascend, and halves them in the middle', () => {
  const ids = range(2_000).map(idOf).sort()
  const positions = ids.map(positionOf)
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(positions[1_000]).toBeGreaterThan(0.45)
  expect(positions[1_000]).toBeLessThan(0.55)
  expect(positions.at(-1)).toBeLessThan(1)
})
