/** Credentials of each kind in the apps file, and what of them is refused. */
import { describe, expect, it } from 'vitest'
import { parseApps } from './apps-file.js'
import { Secret } from './secret.js'
import {
  APPID,
  COMPONENT,
  component,
  credential,
  credentialOf,
  defectsOf,
  defectsOfCredential,
  OTHER,
  parse,
} from './testing/parse-apps.js'

describe('credentials', () => {
  it('of kind secret use stable_token, or the classic endpoint by choice', () => {
    expect(credentialOf(credential)).toMatchObject({ kind: 'secret', endpoint: 'stable' })
    expect(credentialOf({ ...credential, endpoint: 'classic' })).toMatchObject({ endpoint: 'classic' })
    expect(defectsOfCredential({ ...credential, endpoint: 'both' })).toEqual([
      'apps[0].credential.endpoint value',
    ])
  })

  it('of kind component name a platform of the same file', () => {
    const own = { kind: 'component', component: COMPONENT }
    expect(credentialOf(own, { components: [component] })).toEqual(own)
    expect(defectsOfCredential(own)).toEqual(['apps[0].credential.component missing'])
    expect(defectsOfCredential({ kind: 'component' })).toEqual(['apps[0].credential.component format'])
  })

  it('of kind external have references as headers, and usual paths', () => {
    const external = { kind: 'external', url: 'https://tokens.internal/wechat?app=shops' }
    expect(credentialOf(external)).toEqual({
      ...external,
      headers: {},
      tokenPath: 'access_token',
      expiresPath: 'expires_in',
      rejectedUrl: null,
    })
    const full = credentialOf({
      ...external,
      headers: { 'X-Key': 'env:KEY' },
      tokenPath: 'data.token',
      expiresPath: null,
      rejectedUrl: 'http://10.0.0.7/rejected',
    })
    expect(full).toMatchObject({
      tokenPath: 'data.token',
      expiresPath: null,
      rejectedUrl: 'http://10.0.0.7/rejected',
    })
    expect(full?.kind === 'external' && full.headers['X-Key']?.reveal()).toBe('env KEY')
  })

  it('of kind external show no key, wherever it stands wrongly', () => {
    const external = {
      kind: 'external',
      url: 'https://user:hunter22@tokens.internal',
      headers: { 'X-Key': 'hunter22', 'hunter22:': 'env:KEY', Host: 'env:KEY', Broken: 'file:/two\nlines' },
      tokenPath: '$.hunter22[0]',
      expiresPath: 5,
      rejectedUrl: 'ftp://hunter22',
    }
    expect(defectsOfCredential(external)).toEqual([
      'apps[0].credential.url format',
      'apps[0].credential.headers.X-Key reference',
      'apps[0].credential.headers name',
      'apps[0].credential.headers name',
      'apps[0].credential.headers.Broken reference',
      'apps[0].credential.tokenPath format',
      'apps[0].credential.expiresPath format',
      'apps[0].credential.rejectedUrl format',
    ])
    const text = JSON.stringify(parse({ apps: [{ appid: APPID, credential: external }] }))
    expect(text).not.toContain('hunter22')
  })

  it('of kind external refuse a header that no request could carry', () => {
    const resolve = () => new Secret('two\nlines')
    const external = { kind: 'external', url: 'https://t', headers: { 'X-Key': 'env:KEY' } }
    const result = parseApps({ apps: [{ appid: APPID, credential: external }] }, { resolveSecret: resolve })
    expect(result).toMatchObject({ ok: false, defects: [{ rule: 'format' }] })
    expect(JSON.stringify(result)).not.toContain('lines')
  })

  it('of kind cloudbase name where the token is, and nobody reads it yet', () => {
    expect(credentialOf({ kind: 'cloudbase' })).toEqual({
      kind: 'cloudbase',
      source: { kind: 'file', path: '/.tencentcloudbase/wx/cloudbase_access_token' },
    })
    expect(credentialOf({ kind: 'cloudbase', token: 'env:MISSING' })).toEqual({
      kind: 'cloudbase',
      source: { kind: 'env', name: 'MISSING' },
    })
    expect(defectsOfCredential({ kind: 'cloudbase', token: 'hunter22' })).toEqual([
      'apps[0].credential.token reference',
    ])
  })

  it('of kind cloudrun go to the sidecar over plain HTTP', () => {
    expect(credentialOf({ kind: 'cloudrun' })).toEqual({
      kind: 'cloudrun',
      baseUrl: 'http://api.weixin.qq.com',
      shared: false,
    })
    const other = { kind: 'cloudrun', baseUrl: 'http://127.0.0.1:9470', shared: true }
    expect(credentialOf(other)).toEqual(other)
    expect(
      defectsOfCredential({ kind: 'cloudrun', baseUrl: 'https://api.weixin.qq.com', shared: 1 }),
    ).toEqual(['apps[0].credential.shared type', 'apps[0].credential.baseUrl format'])
  })

  it('of kind cloudcall may share', () => {
    expect(credentialOf({ kind: 'cloudcall' })).toEqual({ kind: 'cloudcall', shared: false })
    expect(defectsOfCredential({ kind: 'cloudcall', shared: 'yes' })).toEqual([
      'apps[0].credential.shared type',
    ])
  })

  it('of an unknown kind are a defect that names the kinds', () => {
    const result = parse({ apps: [{ appid: APPID, credential: { kind: 'toString' } }] })
    expect(result).toMatchObject({
      ok: false,
      defects: [{ field: 'apps[0].credential.kind', rule: 'value' }],
    })
    expect(JSON.stringify(result)).toContain('secret, component, external, cloudbase, cloudrun, cloudcall')
  })

  it.each([
    ['cloudbase', {}],
    ['cloudrun', {}],
    ['cloudcall', {}],
  ])('of kind %s are of one account: a second app would be given codes of the first', (kind) => {
    const apps = [APPID, OTHER].map((appid) => ({ appid, credential: { kind } }))
    expect(defectsOf({ apps })).toEqual(['apps[1].credential repeated'])
    if (kind === 'cloudbase') return
    const shared = [APPID, OTHER].map((appid) => ({ appid, credential: { kind, shared: true } }))
    expect(defectsOf({ apps: shared })).toEqual([])
  })
})
