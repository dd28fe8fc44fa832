import { describe, expect, it } from 'vitest'
import { HaltFault, HoldFault, isFault, RefuseFault, RenewFault, RetryFault, WaitFault } from './fault.js'

const cause = new Error('below')
const words = { errcode: -1, errmsg: 'system error', rid: null }
const hold = { scope: 'app', reason: 'token', forMs: 5 } as const

const FAULTS = [
  ['wait', 'WaitFault', new WaitFault('c', 'm', 7, { cause })],
  ['renew', 'RenewFault', new RenewFault('c', 'm', words, { cause })],
  ['retry', 'RetryFault', new RetryFault('c', 'm', words, { cause })],
  ['refuse', 'RefuseFault', new RefuseFault('c', 'm', words, { cause })],
  ['hold', 'HoldFault', new HoldFault('c', 'm', hold, { cause })],
  ['halt', 'HaltFault', new HaltFault('c', 'm', { cause })],
] as const

describe('faults', () => {
  it.each(FAULTS)(
    '%s: says what to do next, has its name, its code, its message and its cause',
    (kind, name, fault) => {
      expect(fault).toMatchObject({ kind, name, code: 'c', message: 'm' })
      expect(fault.cause).toBe(cause)
      expect(fault).toBeInstanceOf(Error)
      expect(isFault(fault)).toBe(true)
      expect(String(fault)).toBe(`${name}: m`)
    },
  )

  it('carry what the next step needs', () => {
    expect(new WaitFault('c', 'm', 7).afterMs).toBe(7)
    expect(new RetryFault('c', 'm').words).toBeNull()
    expect(new RefuseFault('c', 'm', words).words).toBe(words)
    expect(new HoldFault('c', 'm', { ...hold, words })).toMatchObject({ ...hold, words })
    expect(new HoldFault('c', 'm', hold).words).toBeNull()
  })

  it('have no cause where nothing came from below', () => {
    expect('cause' in new HaltFault('c', 'm')).toBe(false)
  })

  it('are nothing else', () => {
    for (const value of [new Error('x'), { kind: 'wait', code: 'c' }, null, undefined, 'wait']) {
      expect(isFault(value)).toBe(false)
    }
  })
})
