import { describe, expect, it } from 'vitest'
import { codeFault, codeOf, isPassing } from './s3-fault.js'

describe('what S3 answered', () => {
  it.each([
    [503, 'SlowDown', 'retry', 'store_unavailable', true],
    [500, '', 'retry', 'store_unavailable', true],
    [429, '', 'retry', 'store_unavailable', true],
    [400, 'RequestTimeout', 'retry', 'store_unavailable', true],
    [409, 'ConditionalRequestConflict', 'retry', 'store_busy', true],
    [400, 'BadDigest', 'retry', 'store_defect', false],
    [400, 'ExpiredToken', 'hold', 'store_refused', false],
    [404, 'NoSuchBucket', 'hold', 'store_missing', false],
    [403, '', 'hold', 'store_forbidden', false],
    [403, 'RequestTimeTooSkewed', 'hold', 'store_forbidden', false],
    [301, 'PermanentRedirect', 'hold', 'store_forbidden', false],
    [507, '', 'hold', 'store_full', false],
    [403, 'QuotaExceeded', 'hold', 'store_full', false],
  ])('%i %s is a %s fault called %s, asked again at once: %s', (status, word, kind, code, passing) => {
    const fault = codeFault(status, word, 'PUT key', 's3://bucket/')
    expect(fault).toMatchObject({ kind, code })
    expect(isPassing(fault)).toBe(passing)
    expect(fault.message).toContain('s3://bucket/')
  })

  it('is named by the code in its document', () => {
    expect(codeOf(Buffer.from('<Error><Code>SlowDown</Code><Message>x</Message></Error>'))).toBe('SlowDown')
    expect(codeOf(Buffer.from('<html>Bad gateway</html>'))).toBe('')
    expect(codeOf(Buffer.alloc(0))).toBe('')
  })
})
