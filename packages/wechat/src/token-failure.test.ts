import { HoldFault, WaitFault } from '@sunpress/core'
import { expect, it } from 'vitest'
import { barredFault, decodeFailure, encodeFailure, unlessDiffers, unlessLasting } from './token-failure.js'

const words = { errcode: 40164, errmsg: 'invalid ip', rid: null }

it('gives a hold back as it was, for the time that is left', () => {
  const hold = new HoldFault('token_40164', 'm', { scope: 'app', reason: 'token', forMs: 60_000, words })
  const again = decodeFailure(encodeFailure(hold), 12)
  const expected = {
    kind: 'hold',
    code: 'token_40164',
    message: 'm',
    scope: 'app',
    reason: 'token',
    forMs: 12,
    words,
  }
  expect(again).toMatchObject(expected)
})

it('gives a wait back as it was', () => {
  const again = decodeFailure(encodeFailure(new WaitFault('token_unavailable', 'm', 3_000)), 12)
  expect(again).toMatchObject({ kind: 'wait', code: 'token_unavailable', message: 'm', afterMs: 12 })
})

it.each(['', 'x', '{"v":2,"kind":"hold"}'])('waits when it cannot read what it finds: %j', (text) => {
  expect(decodeFailure(text, 12)).toMatchObject({ kind: 'wait', code: 'token_unavailable', afterMs: 12 })
})

it('holds the app for a minute at most when one host is barred, and says how long that host keeps away', () => {
  const day = new HoldFault('token_89506', 'm', { scope: 'app', reason: 'token', forMs: 86_400_000, words })
  const barred = barredFault(day)
  expect(barred).toMatchObject({ code: 'token_89506', forMs: 60_000, scope: 'app', reason: 'token', words })
  expect(barred.message).toContain('1440 min')
  expect(barredFault(decodeFailure(encodeFailure(day), 5_000))).toMatchObject({ forMs: 5_000 })
})

it('says after half a minute what the app waits for, in short holds', () => {
  const wait = new WaitFault('token_unavailable', 'no access token: ECONNREFUSED', 3_000)
  expect(unlessLasting(wait, 29_999, 0)).toBe(wait)
  const held = { kind: 'hold', code: 'token_unavailable', scope: 'app', reason: 'token' }
  expect(unlessLasting(wait, 30_000, 0)).toMatchObject({ ...held, forMs: 5_000 })
  expect(unlessLasting(wait, 30_000, 1)).toMatchObject({ ...held, forMs: 10_000 })
  expect(unlessLasting(wait, 31_000, 0).message).toBe('no access token: ECONNREFUSED (for 31 s now)')
  const hold = new HoldFault('token_40125', 'm', { scope: 'app', reason: 'token', forMs: 60_000, words })
  expect(unlessLasting(hold, 90_000, 0)).toBe(hold)
})

it('stops only this process where others have a token by another credential', () => {
  const hold = new HoldFault('token_40125', 'm', { scope: 'app', reason: 'token', forMs: 60_000, words })
  expect(unlessDiffers(hold, false)).toBe(hold)
  const differs = unlessDiffers(hold, true)
  expect(differs).toMatchObject({ kind: 'wait', code: 'token_credential_differs', afterMs: 10_000 })
  expect(unlessDiffers(differs, true)).toBe(differs)
  expect(decodeFailure(encodeFailure(differs), 12)).toMatchObject({ code: 'token_credential_differs' })
})
