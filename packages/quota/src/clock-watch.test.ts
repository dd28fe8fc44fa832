import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClockOffset, watchClock } from './clock-watch.js'

const EPOCH = 1_750_000_000_000
interface Exchanged {
  readonly pauseMs: number
  readonly travelMs: number
  readonly share: number
}
const exchanges = fc.array(
  fc.record({
    pauseMs: fc.nat(5_000),
    travelMs: fc.nat(300),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
)

function watchAll(all: readonly Exchanged[], redisClock: (trueMs: number) => number) {
  let offset: ClockOffset | null = null
  let nowMs = 0
  const steps: string[] = []
  for (const { pauseMs, travelMs, share } of all) {
    const sentAtMs = nowMs + pauseMs
    nowMs = sentAtMs + travelMs
    const seen = watchClock(offset, redisClock(sentAtMs + travelMs * share), {
      sentAtMs,
      receivedAtMs: nowMs,
    })
    offset = seen.offset
    steps.push(seen.step)
  }
  return { steps, endMs: nowMs }
}

describe('watchClock', () => {
  it('sees no step in a clock slewed by 500 ppm, whatever the travel of each exchange', () => {
    fc.assert(
      fc.property(exchanges, fc.constantFrom(-0.0005, 0, 0.0005), (all, slew) => {
        const { steps } = watchAll(all, (trueMs) => EPOCH + trueMs * (1 + slew))
        expect(steps.filter((step) => step !== 'none')).toEqual([])
      }),
    )
  })

  it('sees a step that is longer than travel, drift and tolerance', () => {
    fc.assert(
      fc.property(exchanges, fc.integer({ min: 1_000, max: 1e9 }), fc.boolean(), (all, stepMs, back) => {
        const { endMs } = watchAll(all, (trueMs) => EPOCH + trueMs)
        const stepped = (trueMs: number) => (trueMs <= endMs ? 0 : back ? -stepMs : stepMs)
        const { steps } = watchAll(
          [...all, { pauseMs: 1, travelMs: 1, share: 0.5 }],
          (trueMs) => EPOCH + trueMs + stepped(trueMs),
        )
        expect(steps).toEqual([...all.map(() => 'none'), back ? 'back' : 'forward'])
      }),
    )
  })

  it('sees a step of 30 ms between quick exchanges, once', () => {
    const quick = { pauseMs: 100, travelMs: 1, share: 0.5 }
    const { steps } = watchAll(
      [quick, quick, quick, quick],
      (trueMs) => EPOCH + trueMs + (trueMs > 250 ? 30 : 0),
    )
    expect(steps).toEqual(['none', 'none', 'forward', 'none'])
  })
})
