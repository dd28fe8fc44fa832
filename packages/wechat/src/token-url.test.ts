import { type AppId, Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import {
  classicTokenRequest,
  clearQuotaBySecretRequest,
  cloudrunUrl,
  codePath,
  codeUrl,
  quotaRequest,
  stableTokenRequest,
} from './token-url.js'

const app = 'wx0123456789abcdef' as AppId
const secret = new Secret('s&=')
const value = new Secret('9+/')

describe('a token goes into the query', () => {
  it.each([
    [{ value }, '?access_token=9%2B%2F'],
    [{ value, sentAs: 'access_token' }, '?access_token=9%2B%2F'],
    [{ value, sentAs: 'cloudbase_access_token' }, '?cloudbase_access_token=9%2B%2F'],
    [{ value, sentAs: 'none' }, ''],
  ] as const)('as %j', (token, query) => {
    expect(codeUrl('getwxacode', token)).toBe(`/wxa/getwxacode${query}`)
    expect(quotaRequest('getwxacode', token).path).toBe(`/cgi-bin/openapi/quota/get${query}`)
  })
})

it('never fails at a scene, whatever the token is', () => {
  expect(codeUrl('getwxacode', { value: new Secret('a\ud800b') })).toContain('access_token=a%EF%BF%BDb')
})

it('names the app that is called for, where another account shares its resources', () => {
  expect(cloudrunUrl('getwxacode', null)).toBe('/wxa/getwxacode')
  expect(cloudrunUrl('getwxacode', app)).toBe(`/wxa/getwxacode?from_appid=${app}`)
})

it('asks for the quota of a path without token and host', () => {
  expect(JSON.parse(quotaRequest('createwxaqrcode', { value }).body)).toEqual({
    cgi_path: codePath('createwxaqrcode'),
  })
})

it('forces a refresh only when told so', () => {
  expect(JSON.parse(stableTokenRequest(app, secret, false).body)).not.toHaveProperty('force_refresh')
  expect(JSON.parse(stableTokenRequest(app, secret, true).body)).toMatchObject({ force_refresh: true })
})

it('encodes an AppSecret where it stands in a query', () => {
  expect(classicTokenRequest(app, secret)).toEqual({
    method: 'GET',
    path: `/cgi-bin/token?grant_type=client_credential&appid=${app}&secret=s%26%3D`,
  })
  const { path, body } = clearQuotaBySecretRequest(app, secret, 'query')
  expect([path, body]).toEqual([`/cgi-bin/clear_quota/v2?appid=${app}&appsecret=s%26%3D`, '{}'])
  const inBody = clearQuotaBySecretRequest(app, secret, 'body')
  expect(inBody.path).toBe('/cgi-bin/clear_quota/v2')
  expect(JSON.parse(inBody.body)).toEqual({ appid: app, appsecret: 's&=' })
})
