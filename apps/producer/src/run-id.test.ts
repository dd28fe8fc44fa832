import { describe, expect, it } from 'vitest'
import { createRunIdReader } from './run-id.js'

describe('createRunIdReader', () => {
  it('asks once a second, however many want to know, and again after a failure', async () => {
    let [nowMs, asked, fails] = [0, 0, false]
    const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: async () => {} }
    const read = createRunIdReader(async () => {
      asked++
      if (fails) throw new Error('away')
      return `run ${asked}`
    }, clock)
    expect([await read(), await read()]).toEqual(['run 1', 'run 1'])
    nowMs = 1_000
    expect(await read()).toBe('run 2')
    nowMs = 2_000
    fails = true
    await expect(read()).rejects.toThrow('away')
    fails = false
    expect(await read()).toBe('run 4')
  })
})
