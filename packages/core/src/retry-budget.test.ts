import { describe, expect, it } from 'vitest'
import type { AppId } from './ids.js'
import { createRetryBudget, type RetryBudget, type RetryLeave } from './retry-budget.js'

const app = 'wx0123456789abcdef' as AppId

function budgetAt() {
  let nowMs = 0
  const budget = createRetryBudget({ monotonic: () => nowMs })
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { budget, pass }
}

const times = (many: number, step: () => void): void => {
  for (let i = 0; i < many; i++) step()
}
const asked = (budget: RetryBudget, many: number): RetryLeave[] =>
  Array.from({ length: many }, () => budget.ask(app))

describe('a quiet app', () => {
  it('may repeat ten calls at once, and ten more in each minute', () => {
    const { budget, pass } = budgetAt()
    times(50, () => budget.failed(app))
    expect(asked(budget, 12)).toEqual([...Array(10).fill('call'), 'wait', 'wait'])
    pass(30_000)
    expect(asked(budget, 6)).toEqual([...Array(5).fill('call'), 'wait'])
    pass(600_000)
    times(50, () => budget.failed(app))
    expect(asked(budget, 11).filter((leave) => leave === 'call')).toHaveLength(10)
  })

  it('has a budget of its own', () => {
    const { budget } = budgetAt()
    times(50, () => budget.failed(app))
    asked(budget, 10)
    expect(budget.ask('wxffffffffffffffff' as AppId)).toBe('call')
  })
})

describe('a busy app', () => {
  it('may repeat whatever fails while hardly anything does', () => {
    const { budget } = budgetAt()
    times(1_000, () => budget.succeeded(app))
    times(100, () => budget.failed(app))
    expect(new Set(asked(budget, 500))).toEqual(new Set(['call']))
  })

  it('may repeat a tenth of what succeeds otherwise, and leaves the lane to what passes', () => {
    const { budget } = budgetAt()
    asked(budget, 10)
    times(500, () => budget.succeeded(app))
    times(500, () => budget.failed(app))
    const leaves = asked(budget, 100)
    expect(leaves.filter((leave) => leave === 'call').length).toBeLessThanOrEqual(60)
    expect(leaves.at(-1)).toBe('park')
  })

  it('waits when nothing passes: then no scene is worse than another', () => {
    const { budget } = budgetAt()
    times(90, () => budget.succeeded(app))
    times(910, () => budget.failed(app))
    expect(asked(budget, 100).at(-1)).toBe('wait')
  })

  it('forgets a brown-out within minutes', () => {
    const { budget, pass } = budgetAt()
    times(1_000, () => budget.failed(app))
    asked(budget, 100)
    pass(300_000)
    times(20, () => budget.succeeded(app))
    expect(new Set(asked(budget, 100))).toEqual(new Set(['call']))
  })
})

describe('a brown-out', () => {
  const SCENES_A_SECOND = 50
  const SECONDS = 600

  /** Scenes come at a steady rate; each is called until it succeeds or is set aside. */
  function live(failing: number): { first: number; repeated: number; succeeded: number } {
    const { budget, pass } = budgetAt()
    const random = chance()
    const count = { first: 0, repeated: 0, succeeded: 0 }
    let again: { at: number }[] = []
    const call = (second: number): void => {
      if (random() < failing) {
        budget.failed(app)
        again.push({ at: second + 1 + Math.floor(random() * 4) })
      } else {
        budget.succeeded(app)
        count.succeeded++
      }
    }
    for (let second = 0; second < SECONDS; second++) {
      const due = again.filter(({ at }) => at <= second)
      again = again.filter(({ at }) => at > second)
      for (const _ of due) {
        const leave = budget.ask(app)
        if (leave === 'wait') again.push({ at: second + 5 + Math.floor(random() * 25) })
        if (leave !== 'call') continue
        count.repeated++
        call(second)
      }
      times(SCENES_A_SECOND, () => {
        count.first++
        call(second)
      })
      pass(1_000)
    }
    return count
  }

  it.each([0.2, 0.5, 0.7, 0.9, 1])(
    'of which %f of all calls fail raises the load by a tenth of the successes at most',
    (failing) => {
      const { first, repeated, succeeded } = live(failing)
      const freely = 10 + (10 * SECONDS) / 60
      expect(repeated).toBeLessThanOrEqual(0.1 * succeeded + freely)
      expect(first + repeated).toBeLessThanOrEqual(1.1 * first)
    },
  )

  it('that is none holds nobody back: one call of fifty that fails is made again', () => {
    const { first, succeeded } = live(0.02)
    expect(succeeded).toBeGreaterThan(first * 0.99)
  })
})

/** The same numbers in every run. */
function chance(): () => number {
  let state = 42
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
