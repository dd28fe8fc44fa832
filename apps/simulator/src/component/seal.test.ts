import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { openPush } from '../testing/push-receiver.js'
import { seal, sign } from './seal.js'

const KEY = {
  appid: 'wxplatform',
  verifyToken: 'verify',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}
const STAMP = { timestamp: '1413192605', nonce: '462040770', random: Buffer.alloc(16, 7) }
const sealed = (xml: string) => {
  const { query, body } = seal(xml, KEY, STAMP)
  return { query: new URLSearchParams(query), body }
}

test.each([0, 1, 1000, ...Array.from({ length: 33 }, (_, i) => 40 + i)])(
  'a text of %i characters can be opened',
  (n) => {
    expect(openPush(sealed('票'.repeat(n)), KEY)).toBe('票'.repeat(n))
  },
)

test('only the key, the token and the appid that it was sealed for open it', () => {
  const push = sealed('<xml/>')
  expect(openPush(push, { ...KEY, verifyToken: 'other' })).toBeUndefined()
  expect(openPush(push, { ...KEY, appid: 'wxother' })).toBeUndefined()
})

test('what is encrypted fills blocks of 32 bytes', () => {
  const [, encrypted = ''] = /Encrypt><!\[CDATA\[(.*?)\]/.exec(sealed('<xml/>').body) ?? []
  expect(Buffer.from(encrypted, 'base64').length % 32).toBe(0)
})

test('the query has both signatures, over the sorted parts', () => {
  const { query } = sealed('<xml/>')
  const plain = createHash('sha1').update('1413192605462040770verify').digest('hex')
  expect(query.get('signature')).toBe(plain)
  expect(query.get('encrypt_type')).toBe('aes')
  expect(sign('b', 'a')).toBe(createHash('sha1').update('ab').digest('hex'))
})
