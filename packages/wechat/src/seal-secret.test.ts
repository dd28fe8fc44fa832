import { type AppId, Secret } from '@sunpress/core'
import { expect, it } from 'vitest'
import { sealSecretOf } from './seal-secret.js'
import { createTokenSeal } from './token-seal.js'

const app = 'wx0123456789abcdef' as AppId
const url = 'https://tokens.internal/wechat'
const sealWith = (headers: Record<string, string>, at = url) => {
  const secrets = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, new Secret(value)]),
  )
  return createTokenSeal(app, sealSecretOf({ url: at, headers: secrets }).secret)
}

it('opens for whoever has the same URL and headers, in whatever order and case', () => {
  const sealed = sealWith({ 'X-Key': 'one', 'x-other': 'two' }).seal(new Secret('token'))
  expect(sealWith({ 'X-Other': 'two', 'x-key': 'one' }).open(sealed)?.reveal()).toBe('token')
})

it.each([
  ['another key', { 'X-Key': 'two' }, url],
  ['another name', { 'X-Key2': 'one' }, url],
  ['another URL', { 'X-Key': 'one' }, `${url}2`],
  ['no key', {}, url],
])('stays shut for %s', (_, headers, at) => {
  const sealed = sealWith({ 'X-Key': 'one' }).seal(new Secret('token'))
  expect(sealWith(headers as Record<string, string>, at).open(sealed)).toBeNull()
})

it('is no secret without a header', () => {
  expect(sealSecretOf({ url: `${url}?key=1`, headers: {} }).isSecret).toBe(false)
  expect(sealSecretOf({ url, headers: { 'X-Key': new Secret('one') } }).isSecret).toBe(true)
})
