import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeSlots, placeSlots, planLease } from './slots.js'
import { slotAt } from './testing/slot-at.js'

const ms = (max: number) => fc.double({ min: 0, max, noNaN: true })

describe('placeSlots', () => {
  it('is never early, and never allows a write later than lateMs after the slot, wherever in the exchange the script ran', () => {
    fc.assert(
      fc.property(
        ms(1e6),
        ms(400),
        ms(1),
        fc.nat(2e6),
        fc.integer({ min: 1, max: 25 }),
        (sent, travel, share, firstUs, count) => {
          const ranAtMs = sent + travel * share
          const slots = placeSlots(
            { firstUs, count, spacingUs: 12_060, redisNowMs: 1e12, day: 7, probe: false },
            { sentAtMs: sent, receivedAtMs: sent + travel },
            150,
          )
          expect(slots).toHaveLength(count)
          for (const [i, slot] of slots.entries()) {
            const trueMs = ranAtMs + (firstUs + i * 12_060) / 1_000
            expect(slot.dueMs).toBeGreaterThanOrEqual(trueMs - 1e-6)
            expect(slot.notAfterMs).toBeLessThanOrEqual(trueMs + 150 + 1e-6)
            expect(slot.redisUs).toBe(1e15 + firstUs + i * 12_060)
          }
        },
      ),
    )
  })
})

describe('judgeSlots', () => {
  const at = (dueMs: number) => slotAt(dueMs, dueMs + 150)

  it('gives what is due to as many takers as there are', () => {
    const slots = [at(10), at(20), at(30)]
    expect(judgeSlots(slots, 5, 20)).toEqual({ lapsed: [], due: [at(10), at(20)], kept: [at(30)] })
    expect(judgeSlots(slots, 1, 25)).toEqual({ lapsed: [], due: [at(10)], kept: [at(20), at(30)] })
  })

  it('drops what is too late for anybody, at the very end of its time', () => {
    expect(judgeSlots([at(0), at(50)], 3, 150)).toEqual({ lapsed: [at(0)], due: [at(50)], kept: [] })
    expect(judgeSlots([at(0)], 0, 149)).toEqual({ lapsed: [], due: [], kept: [at(0)] })
  })
})

describe('planLease', () => {
  it('asks only for takers that have no slot, and for one lease at most', () => {
    expect(planLease(3, 0, 25)).toBe(3)
    expect(planLease(300, 0, 25)).toBe(25)
    expect(planLease(5, 5, 25)).toBe(0)
    expect(planLease(4, 6, 25)).toBe(0)
  })

  it('waits until half a lease is used up', () => {
    expect(planLease(40, 13, 25)).toBe(0)
    expect(planLease(40, 12, 25)).toBe(25)
  })
})
