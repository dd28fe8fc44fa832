import { describe, expect, it } from 'vitest'
import { createProgressWatch } from './progress-watch.js'
import { fakeClock } from './testing/fake-clock.js'

function watching() {
  const clock = fakeClock()
  return { clock, watch: createProgressWatch({ clock }) }
}

describe('createProgressWatch', () => {
  it('finds runnable work of which nothing was begun for 60 s', () => {
    const { clock, watch } = watching()
    watch.runnable(true)
    clock.pass(59_999)
    expect(watch.verdict()).toEqual({ ok: true, why: null })
    clock.pass(1)
    expect(watch.verdict()).toEqual({ ok: false, why: 'runnable work, and nothing begun for 60 s' })
  })

  it('waits for as long as nothing is runnable', () => {
    const { clock, watch } = watching()
    clock.pass(3_600_000)
    expect(watch.verdict().ok).toBe(true)
    watch.runnable(true)
    clock.pass(50_000)
    watch.runnable(false)
    clock.pass(50_000)
    watch.runnable(true)
    expect(watch.verdict().ok).toBe(true)
  })

  it('counts anew from each beginning, and isn’t calmed by being told of the same work again', () => {
    const { clock, watch } = watching()
    watch.runnable(true)
    clock.pass(50_000)
    watch.began()
    clock.pass(50_000)
    watch.runnable(true)
    expect(watch.verdict().ok).toBe(true)
    clock.pass(10_000)
    expect(watch.verdict().ok).toBe(false)
    watch.began()
    expect(watch.verdict().ok).toBe(true)
  })
})
