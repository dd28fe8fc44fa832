import { describe, expect, it } from 'vitest'
import { parseFile } from './schedule-put.js'
import { describeOutcome } from './schedule-show.js'

describe('the file of a schedule', () => {
  it('has a name beside the fields of the request', () => {
    expect(parseFile('{"name":"stores","cron":"0 2 * * *"}', undefined)).toEqual({
      name: 'stores',
      request: { cron: '0 2 * * *' },
    })
    expect(parseFile('{"name":"stores"}', 'other').name).toBe('other')
    expect(parseFile('{}', 'other')).toEqual({ name: 'other', request: {} })
  })

  it.each(['{', '[]', '"a"', '{}', '{"name":5}', '{"name":""}'])('is refused when it says %s', (text) =>
    expect(() => parseFile(text, undefined)).toThrow(/^expected /),
  )
})

it('tells why a night went wrong', () => {
  expect(describeOutcome({ outcome: 'failed', reason: 'source_status' })).toBe('failed (source_status)')
  expect(describeOutcome({ outcome: 'created', reason: null })).toBe('created')
})
