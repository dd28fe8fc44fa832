import { describe, expect, it } from 'vitest'
import { toProblemError } from './problem-error.js'

describe('toProblemError', () => {
  it('keeps everything that the API said', () => {
    const errors = [{ line: 3, field: 'scene', rule: 'alphabet', value: 'x y', message: 'scene: expected …' }]
    const body = { type: 't', title: 'T', status: 422, detail: 'D', code: 'invalid', errors, errorCount: 7 }
    const error = toProblemError(422, JSON.stringify(body), '2')
    expect(error).toMatchObject({ ...body, retryAfterMs: 2_000 })
    expect(error.message).toBe('422 invalid: D scene: expected …')
  })

  it('makes do with what a proxy says', () => {
    for (const body of ['<html>502</html>', '', 'null', '[]', '{"errors":5}']) {
      expect(toProblemError(502, body, 'soon')).toMatchObject({ status: 502, errors: [], retryAfterMs: null })
    }
  })
})
