import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createRunIdReader } from './run-id.js'

describe('createRunIdReader', () => {
  it('asks once a second, however many want to know, and again after a failure', async () => {
    let [nowMs, asked, fails] = [0, 0, false]
    const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: async () => {} }
    const read = createRunIdReader(
      async () => {
        asked++
        if (fails) throw new Error('away')
        return `run ${asked}`
      },
      clock,
      new EventEmitter(),
    )
    expect([await read(), await read()]).toEqual(['run 1', 'run 1'])
    nowMs = 1_000
    expect(await read()).toBe('run 2')
    nowMs = 2_000
    fails = true
    await expect(read()).rejects.toThrow('away')
    fails = false
    expect(await read()).toBe('run 4')
  })
  it('asks again when the connection has closed, however lately it has asked', async () => {
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
    const connection = new EventEmitter()
    let asked = 0
    const read = createRunIdReader(async () => `run ${++asked}`, clock, connection)
    expect(await read()).toBe('run 1')
    connection.emit('close')
    expect([await read(), await read()]).toEqual(['run 2', 'run 2'])
  })
})
