import { expect, test } from 'vitest'
import { createTokens, type TokenAnswer } from './tokens.js'

const START = Date.parse('2026-03-01T04:00:00Z')
const SECOND = 1000

function tokenOf(answer: TokenAnswer): string {
  if (!('token' in answer)) throw new Error(`no token but ${answer.errcode}`)
  return answer.token
}

test('a token is long, url-safe and begins with a number', () => {
  expect(tokenOf(createTokens().takeStable('wx1', START))).toMatch(/^\d\d_[\w-]{120,140}$/)
})

test('stable: repeated calls return the same token with the seconds that it has left', () => {
  const tokens = createTokens()
  const first = tokens.takeStable('wx1', START)
  expect(first).toMatchObject({ expiresIn: 7200 })
  const later = tokens.takeStable('wx1', START + 1000.5 * SECOND)
  expect(later).toEqual({ token: tokenOf(first), expiresIn: 6199 })
})

test('stable: in the last 300 s a new token is returned, and both are valid until the old one expires', () => {
  const tokens = createTokens()
  const old = tokenOf(tokens.takeStable('wx1', START))
  expect(tokens.takeStable('wx1', START + 6900 * SECOND)).toEqual({ token: old, expiresIn: 300 })
  const rolled = tokens.takeStable('wx1', START + 6901 * SECOND)
  expect(rolled).toMatchObject({ expiresIn: 7200 })
  expect(tokenOf(rolled)).not.toBe(old)
  expect(tokens.look(old, START + 7199 * SECOND).state).toBe('valid')
  expect(tokens.look(tokenOf(rolled), START + 7199 * SECOND).state).toBe('valid')
  expect(tokens.look(old, START + 7200 * SECOND).state).toBe('expired')
})

test('stable: a forced refresh ends the token before at once', () => {
  const tokens = createTokens()
  const old = tokenOf(tokens.takeStable('wx1', START))
  const forced = tokenOf(tokens.forceStable('wx1', START + SECOND))
  expect(tokens.look(old, START + SECOND).state).toBe('overwritten')
  expect(tokens.look(forced, START + SECOND)).toEqual({ appid: 'wx1', state: 'valid' })
  expect(tokens.tally('wx1').forceRefreshes).toBe(1)
})

test('stable: a second forced refresh within 30 s returns the current token unchanged', () => {
  const tokens = createTokens()
  const forced = tokenOf(tokens.forceStable('wx1', START))
  expect(tokenOf(tokens.forceStable('wx1', START + 29_999))).toBe(forced)
  expect(tokenOf(tokens.forceStable('wx1', START + 30_000))).not.toBe(forced)
})

test('stable: the 21st forced refresh of a Shanghai day is 45009; the next day there are 20 more', () => {
  const tokens = createTokens()
  const midnight = Date.parse('2026-03-01T16:00:00Z')
  const from = midnight - 21 * 60 * SECOND
  for (let i = 0; i < 20; i++) tokenOf(tokens.forceStable('wx1', from + i * 60 * SECOND))
  expect(tokens.forceStable('wx1', midnight - 1)).toEqual({ errcode: 45009 })
  expect(tokens.forceStable('wx1', midnight)).toHaveProperty('token')
})

test('stable: more than 10,000 calls in a minute are 45011', () => {
  const tokens = createTokens()
  for (let i = 0; i < 10_000; i++) tokens.takeStable('wx1', START)
  expect(tokens.takeStable('wx1', START)).toEqual({ errcode: 45011 })
  expect(tokens.takeStable('wx2', START)).toHaveProperty('token')
})

test('classic: every call mints; the token before is valid for 300 s and then overwritten', () => {
  const tokens = createTokens()
  const first = tokenOf(tokens.mintClassic('wx1', START))
  const second = tokenOf(tokens.mintClassic('wx1', START + 10 * SECOND))
  expect(second).not.toBe(first)
  expect(tokens.look(first, START + 309_999).state).toBe('valid')
  expect(tokens.look(first, START + 310_000).state).toBe('overwritten')
  expect(tokens.look(second, START + 7209_999).state).toBe('valid')
  expect(tokens.look(second, START + 7210_000).state).toBe('expired')
})

test('classic: the 2,001st call of a day is 45009', () => {
  const tokens = createTokens()
  for (let i = 0; i < 2000; i++) tokenOf(tokens.mintClassic('wx1', START))
  expect(tokens.mintClassic('wx1', START)).toEqual({ errcode: 45009 })
  expect(tokens.mintClassic('wx1', START + 86_400 * SECOND)).toHaveProperty('token')
})

test('the two lines leave each other alone', () => {
  const tokens = createTokens()
  const stable = tokenOf(tokens.takeStable('wx1', START))
  const classic = tokenOf(tokens.mintClassic('wx1', START))
  tokens.forceStable('wx1', START + SECOND)
  tokens.mintClassic('wx1', START + SECOND)
  expect(tokens.look(stable, START + SECOND).state).toBe('overwritten')
  expect(tokens.look(classic, START + SECOND).state).toBe('valid')
})

test('a revoked token is overwritten, and the next call mints another', () => {
  const tokens = createTokens()
  const [one, two] = ['wx1', 'wx2'].map((appid) => tokenOf(tokens.takeStable(appid, START)))
  expect(tokens.revoke(START, 'wx1')).toBe(1)
  expect(tokens.look(one ?? '', START).state).toBe('overwritten')
  expect(tokens.look(two ?? '', START).state).toBe('valid')
  expect(tokenOf(tokens.takeStable('wx1', START))).not.toBe(one)
})

test('a token that nobody issued is unknown', () => {
  expect(createTokens().look('85_x', START)).toEqual({ appid: '', state: 'unknown' })
})
