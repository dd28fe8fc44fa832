import { type FieldError, ProblemError, UnreachableError } from '@sunpress/client'
import { expect, test } from 'vitest'
import { describeError } from './describe-error.js'

const entry = { field: 'scene', rule: 'length', value: '…', message: 'scene: expected at most 32 characters' }

function problem(errors: readonly FieldError[], errorCount = errors.length): ProblemError {
  const words = { type: 'about:blank', title: 'Bad rows', code: 'bad_rows', detail: 'There are bad rows.' }
  return new ProblemError({ ...words, status: 422, errors, errorCount }, null)
}

test('a refused request reads as a list of places and what is wrong there', () => {
  const width = { field: 'look.width', rule: 'value', value: 9, message: 'expected a whole number, got 9' }
  const errors = [
    { ...entry, line: 3 },
    { ...width, pointer: '/look/width' },
    { ...width, parameter: 'width' },
    width,
  ]
  expect(describeError(problem(errors))).toBe(
    [
      'There are bad rows. (422)',
      '  line 3  scene: expected at most 32 characters',
      '  /look/width  look.width: expected a whole number, got 9',
      '  width  look.width: expected a whole number, got 9',
      '  look.width: expected a whole number, got 9',
    ].join('\n'),
  )
})

test('a long list ends with how many more there are', () => {
  const errors = Array.from({ length: 1000 }, (_, index) => ({ ...entry, line: index + 2 }))
  const lines = describeError(problem(errors, 5000)).split('\n')
  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toBe('  and 4980 more')
})

test('no answer at all says what to do', () => {
  const text = describeError(new UnreachableError('GET /v1/campaigns', new Error('connect ECONNREFUSED')))
  expect(text).toContain('ECONNREFUSED')
  expect(text).toContain('SUNPRESS_API_URL')
})
