/** The apps file as a whole: its apps, its platforms, every defect at once and no secret shown. */
import { describe, expect, it } from 'vitest'
import { parseApps } from './apps-file.js'
import { Secret } from './secret.js'
import {
  APPID,
  appsOf,
  COMPONENT,
  component,
  componentsOf,
  credential,
  defectsOf,
  OTHER,
  parse,
} from './testing/parse-apps.js'

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
