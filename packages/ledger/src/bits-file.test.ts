import { describe, expect, it } from 'vitest'
import { parseBits, toBits } from './bits-file.js'

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
    ['of a newer version', Buffer.from(file.toString('latin1').replace('"v":1', '"v":2'), 'latin1')],
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
})
