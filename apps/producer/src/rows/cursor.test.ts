import type { Generation } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { formatCursor, MOST_TAIL, parseCursor, resumeAfter } from './cursor.js'

const NOW = 'g2' as Generation

describe('parseCursor', () => {
  it('reads what formatCursor wrote', () => {
    expect(parseCursor(formatCursor({ generation: 'g1', n: 17 }))).toEqual({ generation: 'g1', n: 17 })
  })

  it('refuses everything else', () => {
    for (const text of ['17', 'g1.', '.5', 'g1.-1', 'g1.1.2', 'g 1.5', `g1.${'9'.repeat(16)}`]) {
      expect(() => parseCursor(text)).toThrow('cursor')
    }
  })
})

describe('resumeAfter', () => {
  it('goes on where it was in its own generation, and in closed parts', () => {
    expect(resumeAfter({ generation: 'g2', n: 500_000 }, NOW, 0)).toBe(500_000)
    expect(resumeAfter({ generation: '0', n: 500_000 }, NOW, 100)).toBe(500_000)
  })

  it('steps back behind everything that may have been numbered anew', () => {
    expect(resumeAfter({ generation: 'g1', n: 500_000 }, NOW, 480_000)).toBe(480_000 - MOST_TAIL)
    expect(resumeAfter({ generation: 'g1', n: 500_000 }, null, null)).toBe(500_000 - MOST_TAIL)
    expect(resumeAfter({ generation: 'g1', n: 500 }, NOW, 480)).toBe(0)
  })
})
