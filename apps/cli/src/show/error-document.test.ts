import { ProblemError, UnreachableError } from '@sunpress/client'
import { ConfigFault } from '@sunpress/runtime'
import { expect, test } from 'vitest'
import { NotSunpress } from '../check-answers.js'
import { errorDocument } from './error-document.js'

test('a refusal of the API keeps its code, status and defects', () => {
  const errors = [{ field: 'app', rule: 'unknown_app', value: 'x', message: 'app: expected …' }]
  const words = { type: 'about:blank', title: 't', code: 'invalid', detail: 'No.', status: 422 }
  expect(errorDocument(new ProblemError({ ...words, errors, errorCount: 7 }, null))).toEqual({
    error: { code: 'invalid', message: 'No.', status: 422, errors, errorCount: 7 },
  })
})

test.each<[string, Error]>([
  ['unreachable', new UnreachableError('x', new Error('gone'))],
  ['not_sunpress', new NotSunpress('http://127.0.0.1:1')],
  ['config', new ConfigFault('x', [])],
  ['failed', new Error('x')],
])('what else there is has the code %s', (code, error) => {
  expect(errorDocument(error).error).toMatchObject({ code, message: error.message })
})
