import { ProblemError, UnreachableError } from '@sunpress/client'
import { ConfigFault } from '@sunpress/runtime'
import { expect, test } from 'vitest'
import { NotSunpress } from './check-answers.js'
import { exitCodeOfAnswer } from './exit-code-of-answer.js'

function refusal(status: number): ProblemError {
  const words = { type: 'about:blank', title: 't', code: 'c', detail: 'd', errors: [], errorCount: 0 }
  return new ProblemError({ ...words, status }, null)
}

test.each([400, 401, 403, 404, 413, 422])('a %d was written wrongly: 2', (status) => {
  expect(exitCodeOfAnswer(refusal(status))).toBe(2)
})

test.each([408, 409, 429, 500, 503])('a %d is a failure: 1', (status) => {
  expect(exitCodeOfAnswer(refusal(status))).toBe(1)
})

test('a wrong address is wrong configuration, and no answer is a failure', () => {
  expect(exitCodeOfAnswer(new NotSunpress('http://127.0.0.1:1'))).toBe(2)
  expect(exitCodeOfAnswer(new ConfigFault('x', []))).toBe(2)
  expect(exitCodeOfAnswer(new UnreachableError('x', new Error('gone')))).toBe(1)
  expect(exitCodeOfAnswer(new Error('x'))).toBe(1)
})
