import { expect, test } from 'vitest'
import { createIntruder } from './intruder.js'
import { createTokens, type TokenAnswer } from './tokens.js'

const tokenOf = (answer: TokenAnswer) => ('token' in answer ? answer.token : '')

test('a stable token ends at each refresh that is due, and the next call gets the intruder’s', () => {
  const tokens = createTokens()
  const intruder = createIntruder(tokens)
  const mine = tokenOf(tokens.takeStable('wx1', 0))
  intruder.start({ everyMs: 10_000, appid: 'wx1', line: 'stable' }, 0)
  intruder.visit(9_999)
  expect(tokens.look(mine, 9_999).state).toBe('valid')
  intruder.visit(10_000)
  expect(tokens.look(mine, 10_000).state).toBe('overwritten')
  const next = tokenOf(tokens.takeStable('wx1', 10_000))
  expect(next).not.toBe(mine)
  expect(tokens.tally('wx1')).toMatchObject({ stableMinted: 1, intruderMinted: 1 })
  intruder.visit(20_000)
  expect(tokens.look(next, 20_000).state).toBe('overwritten')
  expect(intruder.report().refreshes).toBe(2)
})

test('a classic token lives 300 s after the first refresh that was due, however late that is noticed', () => {
  const tokens = createTokens()
  const intruder = createIntruder(tokens)
  const mine = tokenOf(tokens.mintClassic('wx1', 0))
  intruder.start({ everyMs: 60_000, line: 'classic' }, 0)
  intruder.visit(400_000)
  expect(tokens.look(mine, 359_999).state).toBe('valid')
  expect(tokens.look(mine, 360_000).state).toBe('overwritten')
})

test('after a leap of the clock the current token is as old as the last refresh that was due', () => {
  const tokens = createTokens()
  const intruder = createIntruder(tokens)
  tokens.takeStable('wx1', 0)
  intruder.start({ everyMs: 10_000, line: 'stable' }, 0)
  intruder.visit(105_000)
  expect(tokens.takeStable('wx1', 105_000)).toMatchObject({ expiresIn: 7195 })
  expect(intruder.report().refreshes).toBe(10)
})

test('without an appid every app that has had a token is refreshed, with one only that', () => {
  const tokens = createTokens()
  const [one, two] = ['wx1', 'wx2'].map((appid) => tokenOf(tokens.takeStable(appid, 0)))
  const intruder = createIntruder(tokens)
  intruder.start({ everyMs: 1000, appid: 'wx1', line: 'stable' }, 0)
  intruder.visit(1000)
  expect([one, two].map((token) => tokens.look(token ?? '', 1000).state)).toEqual(['overwritten', 'valid'])
  intruder.start({ everyMs: 1000, line: 'stable' }, 1000)
  intruder.visit(2000)
  expect(tokens.look(two ?? '', 2000).state).toBe('overwritten')
})

test('an intruder that is stopped comes no more', () => {
  const tokens = createTokens()
  const intruder = createIntruder(tokens)
  const mine = tokenOf(tokens.takeStable('wx1', 0))
  intruder.start({ everyMs: 1000, line: 'stable' }, 0)
  intruder.stop()
  intruder.visit(5000)
  expect(tokens.look(mine, 5000).state).toBe('valid')
})
