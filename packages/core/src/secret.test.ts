import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from './secret.js'

describe('Secret', () => {
  const secret = new Secret('hunter2')

  it('gives its value to whoever reveals it', () => {
    expect(secret.reveal()).toBe('hunter2')
  })

  it.each([
    ['a template', `${secret}`],
    ['a join', ['', secret].join('')],
    ['JSON', JSON.stringify({ secret })],
    ['JSON of its entries', JSON.stringify(Object.entries(secret))],
    ['a spread', JSON.stringify({ ...secret })],
    ['inspection', inspect({ secret }, { depth: 9, showHidden: true })],
    ['a format', format('%s %o %O %j', secret, secret, secret, secret)],
    ['an error', inspect(new Error('no', { cause: secret }))],
  ])('is not to be seen in %s', (_, text) => {
    expect(text).not.toContain('hunter2')
  })

  it('shows that something is there', () => {
    expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual([
      '[secret]',
      '"[secret]"',
      '[secret]',
    ])
  })
})
