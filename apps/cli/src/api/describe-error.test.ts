import { expect, test } from 'vitest'
import { ApiFault, mayPass, UnreachableFault } from './api-fault.js'
import { describeError } from './describe-error.js'

test('a refused request reads as a list of places and what is wrong there', () => {
  const fault = new ApiFault(422, {
    detail: '3 bad rows.',
    errorCount: 3,
    errors: [
      { line: 3, field: 'scene', message: 'scene: expected at most 32 characters, got "…"' },
      { pointer: '/look/width', field: 'look.width', message: 'expected a whole number, got 9' },
    ],
  })
  expect(describeError(fault)).toBe(
    [
      '3 bad rows. (422)',
      '  line 3  scene: expected at most 32 characters, got "…"',
      '  /look/width  look.width: expected a whole number, got 9',
      '  and 1 more',
    ].join('\n'),
  )
})

test('a long list ends with how many more there are', () => {
  const errors = Array.from({ length: 1000 }, (_, index) => ({ line: index + 2, message: 'bad' }))
  const lines = describeError(new ApiFault(422, { errors, errorCount: 5000 })).split('\n')
  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toBe('  and 4980 more')
})

test('an answer without a word says its status', () => {
  expect(describeError(new ApiFault(502, {}))).toBe("the producer doesn't say why (502)")
})

test('no answer at all says what to do', () => {
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:8080') })
  const text = describeError(new UnreachableFault('http://127.0.0.1:8080', refused))
  expect(text).toContain('ECONNREFUSED')
  expect(text).toContain('SUNPRESS_API_URL')
})

test('only no answer, 429 and faults of the server are worth asking again', () => {
  expect(mayPass(new UnreachableFault('u', 'x'))).toBe(true)
  expect(mayPass(new ApiFault(429, {}))).toBe(true)
  expect(mayPass(new ApiFault(503, {}))).toBe(true)
  expect(mayPass(new ApiFault(404, {}))).toBe(false)
  expect(mayPass(new Error('bug'))).toBe(false)
})
