import { HaltFault, WaitFault } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { asking, toRedisFault } from './redis-fault.js'

describe('toRedisFault', () => {
  it('waits for what may pass', () => {
    for (const said of [
      'LOADING Redis is loading the dataset in memory',
      'Connection is closed.',
      'READONLY no writes',
    ]) {
      expect(toRedisFault(new Error(said))).toMatchObject({
        kind: 'wait',
        code: 'redis_unavailable',
        afterMs: 1_000,
      })
    }
  })

  it('halts when Redis refuses us', () => {
    for (const said of [
      'NOAUTH Authentication required.',
      'WRONGPASS invalid',
      'NOPERM this user has no permissions',
    ]) {
      expect(toRedisFault(new Error(said))).toBeInstanceOf(HaltFault)
    }
  })

  it("tells Redis's word and nothing of the command, not even as a cause", () => {
    const error = Object.assign(new Error("OOM command not allowed: 'hush'"), { command: { args: ['hush'] } })
    const fault = toRedisFault(error)
    expect(fault.message).toContain('OOM')
    expect(JSON.stringify([fault.message, fault.stack, fault.cause ?? null])).not.toContain('hush')
  })

  it('leaves faults as they are', async () => {
    const fault = new WaitFault('other', 'other', 5)
    await expect(asking(() => Promise.reject(fault))).rejects.toBe(fault)
    expect(await asking(async () => 7)).toBe(7)
  })
})
