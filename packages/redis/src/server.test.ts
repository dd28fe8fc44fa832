import { describe, expect, it } from 'vitest'
import { checkServer } from './server.js'

const server = { runId: 'a', version: '7.0.15', maxmemoryPolicy: 'noeviction' }
const codeOf = (change: Partial<typeof server> | { maxmemoryPolicy: null }) => {
  try {
    checkServer({ ...server, ...change })
    return null
  } catch (fault) {
    return (fault as { code: string }).code
  }
}

describe('checkServer', () => {
  it('accepts servers that keep what they are given', () => {
    for (const version of ['6.2.0', '7.0.15', '8.2.1', '10.0.0']) expect(codeOf({ version })).toBeNull()
    expect(codeOf({ maxmemoryPolicy: null })).toBeNull()
  })

  it('refuses servers that throw keys away', () => {
    for (const policy of ['allkeys-lru', 'volatile-ttl'])
      expect(codeOf({ maxmemoryPolicy: policy })).toBe('redis_evicts')
  })

  it('refuses servers that are too old', () => {
    for (const version of ['6.0.16', '5.0.7', '0']) expect(codeOf({ version })).toBe('redis_too_old')
  })
})
