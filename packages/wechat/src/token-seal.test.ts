import { type AppId, Secret } from '@sunpress/core'
import { expect, it } from 'vitest'
import { createTokenSeal } from './token-seal.js'

const app = 'wx0123456789abcdef' as AppId
const appSecret = new Secret('0123456789abcdef0123456789abcdef')
const token = new Secret(`92_${'t'.repeat(509)}`)
const seal = createTokenSeal(app, appSecret)

it('opens what it sealed, and never seals twice alike', () => {
  const [first, second] = [seal.seal(token), seal.seal(token)]
  expect(first).not.toBe(second)
  expect(seal.open(first)?.reveal()).toBe(token.reveal())
  expect(createTokenSeal(app, appSecret).open(second)?.reveal()).toBe(token.reveal())
  expect(Buffer.from(first, 'base64').toString('latin1')).not.toContain('tttt')
})

it.each([
  ['another AppSecret', app, new Secret('f'.repeat(32))],
  ['another app', 'wxfedcba9876543210' as AppId, appSecret],
])('does not open under %s', (_, appid, secret) => {
  expect(createTokenSeal(appid, secret).open(seal.seal(token))).toBeNull()
})

it('does not open what was altered, cut or never sealed', () => {
  const sealed = Buffer.from(seal.seal(token), 'base64')
  for (const at of [0, 12, 28, sealed.length - 1]) {
    const altered = Buffer.from(sealed)
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at)
    expect(seal.open(altered.toString('base64'))).toBeNull()
  }
  expect(seal.open(sealed.subarray(0, 40).toString('base64'))).toBeNull()
  expect(seal.open('')).toBeNull()
})

it('gives one token one fingerprint, and another under another AppSecret', () => {
  expect(seal.fingerprint(token)).toMatch(/^[0-9a-f]{16}$/)
  expect(seal.fingerprint(token)).toBe(createTokenSeal(app, appSecret).fingerprint(token))
  expect(seal.fingerprint(token)).not.toBe(seal.fingerprint(new Secret('other')))
  expect(seal.fingerprint(token)).not.toBe(createTokenSeal(app, new Secret('x')).fingerprint(token))
})
