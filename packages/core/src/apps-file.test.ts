import { describe, expect, it } from 'vitest'
import { parseApps, type SecretReference } from './apps-file.js'
import { fieldDefect } from './field-defect.js'
import { Secret } from './secret.js'

const APPID = 'wx0123456789abcdef'
const OTHER = 'wxfedcba9876543210'
const COMPONENT = 'wx00000000000000aa'
const component = {
  appid: COMPONENT,
  appSecret: 'env:SECRET',
  verifyToken: 'env:VERIFY',
  encodingAesKey: 'env:AES',
}
const credential = { kind: 'secret', appSecret: 'env:SHOPS' }

const resolveSecret = (reference: SecretReference, field: string) =>
  reference.kind === 'env' && reference.name === 'MISSING'
    ? fieldDefect(field, 'missing', 'a variable that is set', undefined)
    : new Secret(textOf(reference))

function textOf(reference: SecretReference): string {
  if (reference.kind === 'file') return `file ${reference.path}`
  return reference.name === 'AES' ? 'k'.repeat(43) : `env ${reference.name}`
}

const parse = (value: unknown, defaultShare?: number) =>
  parseApps(value, defaultShare === undefined ? { resolveSecret } : { resolveSecret, defaultShare })

/** Each defect as `field rule`. */
function defectsOf(value: unknown): string[] {
  const result = parse(value)
  return result.ok ? [] : result.defects.map((defect) => `${defect.field} ${defect.rule}`)
}

function appsOf(value: unknown, defaultShare?: number) {
  const result = parse(value, defaultShare)
  if (!result.ok) throw new Error(result.defects.map((defect) => defect.message).join('\n'))
  return result.value.apps
}

const componentsOf = (value: unknown) => {
  const result = parse(value)
  return result.ok ? result.value.components : []
}
const credentialOf = (credential: unknown, more: object = {}) =>
  appsOf({ apps: [{ appid: APPID, credential }], ...more })[0]?.credential
const defectsOfCredential = (credential: unknown) => defectsOf({ apps: [{ appid: APPID, credential }] })

it('shows no text of a field that has another purpose: it may be a secret in the wrong place', () => {
  const secret = 'hunter22-inline'
  const quotas = { perMinute: secret, limitedPerDay: [secret], share: secret }
  const given = {
    apps: [{ appid: secret, name: `${secret}\n`, quotas }],
    components: [{ appid: secret, name: { secret }, quotas }],
  }
  const found = parseApps(given, { resolveSecret: () => new Secret(secret) })
  const defects = found.ok ? [] : found.defects
  expect(defects.length).toBeGreaterThan(8)
  expect(JSON.stringify(defects)).not.toContain(secret)
  const number = parseApps({ apps: [{ quotas: { perMinute: 0 } }] }, { resolveSecret: () => new Secret('x') })
  expect(JSON.stringify(number)).toContain('got 0')
})

describe('parseApps', () => {
  it('fills in the name and WeChat’s own quotas', () => {
    const [app] = appsOf({ apps: [{ appid: APPID, credential }] })
    expect(app).toMatchObject({
      appid: APPID,
      name: APPID,
      quotas: {
        perMinute: 5_000,
        limitedPerMinute: 600,
        limitedPerDay: 10_000,
        limitedLifetime: 100_000,
        share: 0.98,
      },
    })
  })

  it('takes the share of an app before the default share', () => {
    const apps = [
      { appid: APPID, credential },
      { appid: OTHER, credential, quotas: { perMinute: 10, share: 0.5 } },
    ]
    expect(appsOf({ apps }, 1).map((app) => app.quotas.share)).toEqual([1, 0.5])
  })

  it('resolves secrets by file and by variable', () => {
    const apps = [
      { appid: APPID, credential },
      { appid: OTHER, credential: { kind: 'secret', appSecret: 'file:/run/secrets/shops' } },
    ]
    const secrets = appsOf({ apps }).map(
      (app) => app.credential.kind === 'secret' && app.credential.appSecret.reveal(),
    )
    expect(secrets).toEqual(['env SHOPS', 'file /run/secrets/shops'])
  })

  it('refuses a secret that stands in the file, without repeating it', () => {
    for (const literal of ['4f5e4f5e4f5e4f5e', 'file:relative', 'env:', 'env:NO SPACE']) {
      const result = parse({ apps: [{ appid: APPID, credential: { kind: 'secret', appSecret: literal } }] })
      if (result.ok) throw new Error('parsed')
      expect(result.defects[0]).toMatchObject({ field: 'apps[0].credential.appSecret', rule: 'reference' })
      expect(JSON.stringify(result)).not.toContain(literal === 'env:' ? '"env:"' : literal)
    }
  })

  it('shows no value of an unknown field', () => {
    const misplaced = {
      appid: APPID,
      credential: { ...credential, secret: 'hunter22' },
      appSecret: 'hunter22',
    }
    expect(defectsOf({ apps: [misplaced] })).toEqual([
      'apps[0].appSecret unknown',
      'apps[0].credential.secret unknown',
    ])
    expect(JSON.stringify(parse({ apps: [misplaced] }))).not.toContain('hunter22')
  })

  it('names every defect at once', () => {
    const value = {
      app: [],
      apps: [
        { appid: 'wx1', name: '', credential: { kind: 'secret', appSecret: 'env:MISSING' } },
        { appid: APPID, quotas: { perMinute: 0, limitedPerDay: 1.5, share: 0, perHour: 1 } },
        { appid: APPID, credential, quotas: { perMinute: 10_000_001, share: 1.01 } },
        'wx',
      ],
    }
    expect(defectsOf(value)).toEqual([
      'app unknown',
      'apps[0].appid format',
      'apps[0].name format',
      'apps[0].credential.appSecret missing',
      'apps[1].credential required',
      'apps[1].quotas.perHour unknown',
      'apps[1].quotas.perMinute range',
      'apps[1].quotas.limitedPerDay range',
      'apps[1].quotas.share range',
      'apps[2].quotas.perMinute range',
      'apps[2].quotas.share range',
      'apps[3] type',
      'apps[2].appid repeated',
    ])
  })

  it('refuses a file without apps', () => {
    for (const value of [null, [], 'apps', {}, { apps: [] }, { apps: null }, { apps: {} }]) {
      expect(defectsOf(value)[0]).toMatch(/^apps /)
    }
    expect(defectsOf({ apps: [], components: [{ ...component, merchants: 'listed' }] })).toEqual([
      'apps required',
    ])
  })
})

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

describe('components', () => {
  it('print for all merchants unless told otherwise, and need no app then', () => {
    const [parsed] = componentsOf({ components: [component] })
    expect(parsed).toMatchObject({
      appid: COMPONENT,
      name: COMPONENT,
      merchants: 'all',
      quotas: { perMinute: 5_000, share: 0.98 },
    })
    expect(parsed?.appSecret.reveal()).toBe('env SECRET')
    expect(
      componentsOf({
        apps: [{ appid: APPID, credential }],
        components: [{ ...component, merchants: 'listed' }],
      }),
    ).toMatchObject([{ merchants: 'listed' }])
  })

  it('name every defect, and no secret', () => {
    const broken = {
      appid: 'x',
      appSecret: 'hunter22',
      verifyToken: 5,
      encodingAesKey: 'env:SHORT',
      merchants: 'few',
    }
    expect(
      defectsOf({
        components: [broken, 'wx', { ...component, appid: APPID, key: 'hunter22' }],
        apps: [{ appid: APPID, credential }],
      }),
    ).toEqual([
      'components[0].appid format',
      'components[0].appSecret reference',
      'components[0].verifyToken reference',
      'components[0].encodingAesKey format',
      'components[0].merchants value',
      'components[1] type',
      'components[2].key unknown',
      'components[2].appid repeated',
    ])
    expect(JSON.stringify(parse({ components: [broken] }))).not.toContain('hunter22')
    expect(JSON.stringify(parse({ components: [broken] }))).not.toContain('env SHORT')
    expect(defectsOf({ components: {} })).toContain('components type')
  })
})
