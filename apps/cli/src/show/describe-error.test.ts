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
      '  --width: expected a whole number, got 9',
      '  --width: expected a whole number, got 9',
      '  --width: expected a whole number, got 9',
    ].join('\n'),
  )
})

test('bare words of a range are told with their flag, and a scene by its number', () => {
  const to = { field: 'to', rule: 'order', value: 2, message: 'to: expected at least 9' }
  const errors = [
    { ...to, pointer: '/range/to' },
    { ...entry, pointer: '/scenes/4/scene' },
    { ...to, field: 'canary', message: 'canary: expected 1 to 10000', pointer: '/canary' },
    { ...entry, field: 'frob', message: 'frob: expected nothing', pointer: '/frob' },
  ]
  expect(describeError(problem(errors)).split('\n').slice(1)).toEqual([
    '  --to: expected at least 9',
    '  scene 5 of --scenes  scene: expected at most 32 characters',
    '  --canary: expected 1 to 10000',
    '  /frob  frob: expected nothing',
  ])
})

test('one bad row is one, and what to give is the flag', () => {
  const told = (count: number) => {
    const detail = `${count} bad rows. Mend them, or send badRows=skip to leave them out.`
    const words = { type: 'about:blank', title: 't', code: 'invalid', detail, status: 422 }
    return describeError(new ProblemError({ ...words, errors: [], errorCount: 0 }, null))
  }
  expect(told(1)).toBe('1 bad row. Mend it, or give --skip-bad-rows to leave it out. (422)')
  expect(told(4)).toBe('4 bad rows. Mend them, or give --skip-bad-rows to leave them out. (422)')
})

test('a missing key says where to give it', () => {
  const words = {
    type: 'about:blank',
    title: 't',
    code: 'unauthorized',
    detail: 'A key is wanted.',
    status: 401,
  }
  const text = describeError(new ProblemError({ ...words, errors: [], errorCount: 0 }, null))
  expect(text).toContain('SUNPRESS_API_KEY')
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
