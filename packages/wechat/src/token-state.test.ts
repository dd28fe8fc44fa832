import { expect, it } from 'vitest'
import { createTokenStates, judgeTokenState, type TokenState } from './token-state.js'

const sealed = { sealed: 's', usableUntil: '2000' }
it.each<[string, Record<string, string>, TokenState]>([
  ['nothing', {}, 'none'],
  ['a token', sealed, 'cached'],
  ['a token that could not be renewed', { ...sealed, failure: 'why' }, 'cached'],
  ['a token that is used up', { ...sealed, usableUntil: '1000' }, 'none'],
  ['a failure alone', { failure: 'why', retryAt: '1' }, 'failing'],
  ['a failure since the token ended', { ...sealed, usableUntil: '1000', failure: 'why' }, 'failing'],
  ['a host that is kept out', { 'bar:here': '1001 why' }, 'failing'],
  ['a host that was', { 'bar:here': '1000 why' }, 'none'],
])('is told by what stands in Redis: %s', (_, fields, state) => {
  expect(judgeTokenState(fields, 1_000)).toBe(state)
})

it('is unknown while Redis is away', async () => {
  const away = () => Promise.reject(new Error('away'))
  const states = createTokenStates({ redis: { hgetall: away, time: away }, namespace: 'n' })
  expect(await states('wx0123456789abcdef' as Parameters<typeof states>[0])).toBe('unknown')
})
