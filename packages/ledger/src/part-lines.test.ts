import { describe, expect, it } from 'vitest'
import { createPartLines, packRows } from './part-lines.js'

const head = Buffer.from('{"v":1}\n')
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe('createPartLines', () => {
  it('stands under its head, line by line', () => {
    const lines = packRows([{ scene: 's=1' }, { scene: 's=2', caption: '店 2' }])
    expect(lines.rows).toBe(2)
    expect(textOf(lines.under(head))).toBe('{"v":1}\n{"scene":"s=1"}\n{"scene":"s=2","caption":"店 2"}\n')
  })

  it('grows as it must, and serves the next part with nothing of the last', () => {
    const lines = createPartLines()
    const long = { scene: 's=1', caption: '店'.repeat(500) }
    for (let i = 0; i < 1_000; i++) lines.add([long])
    expect(textOf(lines.under(head))).toBe(`{"v":1}\n${`${JSON.stringify(long)}\n`.repeat(1_000)}`)
    lines.clear()
    lines.add([{ scene: 's=2' }])
    expect(lines.rows).toBe(1)
    expect(textOf(lines.under(head))).toBe('{"v":1}\n{"scene":"s=2"}\n')
  })
})
