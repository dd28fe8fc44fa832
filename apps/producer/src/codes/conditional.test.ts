import { describe, expect, it } from 'vitest'
import { judgeRange, matchesAny } from './conditional.js'

const judge = (range: string | undefined, ifRange?: string) => judgeRange({ range, ifRange }, '"e"', 100)

describe('judgeRange', () => {
  it('gives parts, both ends included and cut at the end', () => {
    expect(judge('bytes=0-9')).toEqual({ kind: 'part', from: 0, to: 9 })
    expect(judge('bytes=90-')).toEqual({ kind: 'part', from: 90, to: 99 })
    expect(judge('bytes=90-500')).toEqual({ kind: 'part', from: 90, to: 99 })
    expect(judge('bytes=-10')).toEqual({ kind: 'part', from: 90, to: 99 })
    expect(judge('bytes=-500')).toEqual({ kind: 'part', from: 0, to: 99 })
  })

  it('says where no byte is', () => {
    expect(judge('bytes=100-')).toEqual({ kind: 'unsatisfiable' })
    expect(judge('bytes=-0')).toEqual({ kind: 'unsatisfiable' })
  })

  it('gives the whole for several ranges, for nonsense, and for another picture', () => {
    for (const range of [undefined, 'bytes=0-1,4-5', 'bytes=9-1', 'lines=1-2', 'bytes=-', 'bytes=a-b']) {
      expect(judge(range)).toEqual({ kind: 'whole' })
    }
    expect(judge('bytes=0-9', '"other"')).toEqual({ kind: 'whole' })
    expect(judge('bytes=0-9', '"e"')).toMatchObject({ kind: 'part' })
  })
})

describe('matchesAny', () => {
  it('compares weakly, in lists too', () => {
    expect(matchesAny('"a", W/"e"', '"e"')).toBe(true)
    expect(matchesAny('*', '"e"')).toBe(true)
    expect(matchesAny('"a"', '"e"')).toBe(false)
    expect(matchesAny(undefined, '"e"')).toBe(false)
  })
})
