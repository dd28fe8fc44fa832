import { describe, expect, it } from 'vitest'
import { systemClock } from './system-clock.js'

describe('systemClock', () => {
  it('sleeps at least as long as asked', async () => {
    const startedMs = systemClock.monotonic()
    await systemClock.sleep(5)
    expect(systemClock.monotonic() - startedMs).toBeGreaterThanOrEqual(5)
  })

  it('wakes with the signal’s reason', async () => {
    const controller = new AbortController()
    const asleep = systemClock.sleep(60_000, controller.signal)
    controller.abort(new Error('enough'))
    await expect(asleep).rejects.toThrow('enough')
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow('enough')
    await expect(systemClock.sleep(0, controller.signal)).rejects.toThrow('enough')
  })

  it('sleeps longer than a timer can', async () => {
    const controller = new AbortController()
    let awake = false
    const asleep = systemClock.sleep(2 ** 40, controller.signal).then(() => {
      awake = true
    })
    await systemClock.sleep(5)
    expect(awake).toBe(false)
    controller.abort()
    await expect(asleep).rejects.toThrow()
  })
})
