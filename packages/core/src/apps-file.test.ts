import { describe, expect, it } from 'vitest'
import { parseApps, type SecretReference } from './apps-file.js'
import { fieldDefect } from './field-defect.js'
import { Secret } from './secret.js'

const APPID = 'wx0123456789abcdef'
const OTHER = 'wxfedcba9876543210'
const credential = { kind: 'secret', appSecret: 'env:SHOPS' }

const resolveSecret = (reference: SecretReference, field: string) =>
  reference.kind === 'env' && reference.name === 'MISSING'
    ? fieldDefect(field, 'missing', 'a variable that is set', undefined)
    : new Secret(reference.kind === 'env' ? `env ${reference.name}` : `file ${reference.path}`)

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
  return result.value
}

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
    const secrets = appsOf({ apps }).map((app) => app.credential.appSecret.reveal())
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

  it('says of the kinds to come that they are not supported yet', () => {
    for (const kind of ['component', 'external', 'cloudbase', 'cloudrun', 'cloudcall']) {
      const result = parse({ apps: [{ appid: APPID, credential: { kind, url: 'x' } }] })
      if (result.ok) throw new Error('parsed')
      expect(result.defects).toHaveLength(1)
      expect(result.defects[0]?.message).toContain('not supported yet')
    }
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
    for (const value of [null, [], 'apps', {}, { apps: [] }, { apps: null }]) {
      expect(defectsOf(value)[0]).toMatch(/^apps /)
    }
  })
})
