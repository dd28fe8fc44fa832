import { describe, expect, it } from 'vitest'
import { chooseType } from './accept.js'

const OURS = ['application/json', 'application/x-ndjson', 'text/csv']

describe('chooseType', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/json;q=0.5, text/csv', 'text/csv'],
    ['application/*;q=0.1, application/x-ndjson', 'application/x-ndjson'],
    ['text/csv;q=0, */*', 'application/json'],
    ['image/png', null],
  ])('answers %s with %s', (accept, type) => {
    expect(chooseType(accept, OURS)).toBe(type)
  })
})
