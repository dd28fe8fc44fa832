import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '@sunpress/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppsConfig, hasApps, loadApps } from './apps.js'
import { ConfigFault } from './config-fault.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'apps-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const APPID = 'wx0123456789abcdef'
const NOTHING: AppsConfig = {
  appsFile: null,
  wechatAppid: null,
  wechatAppsecret: null,
  wechatBaseUrl: 'https://api.weixin.qq.com',
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const fromYaml = (yaml: string, env = {}) => loadApps({ ...NOTHING, appsFile: write('apps.yaml', yaml) }, env)

function faultOf(load: () => unknown): ConfigFault {
  try {
    load()
  } catch (fault) {
    if (fault instanceof ConfigFault) return fault
  }
  throw new Error('no ConfigFault')
}

describe('loadApps', () => {
  it('wants SUNPRESS_SECRET_KEY as soon as a third-party platform is configured, and not before', () => {
    const secret = `"file:${write('secret', 'a'.repeat(43))}"`
    const platform = `{ appid: wxfedcba9876543210, appSecret: ${secret}, verifyToken: ${secret}, encodingAesKey: ${secret} }`
    const yaml = `components: [${platform}]\napps: []\n`
    const fault = faultOf(() => fromYaml(yaml))
    expect(fault.message).toContain('SUNPRESS_SECRET_KEY')
    expect(fault.message).not.toContain('a'.repeat(43))
    const config = { ...NOTHING, appsFile: write('apps.yaml', yaml), secretKey: new Secret('k'.repeat(32)) }
    expect(loadApps(config, {}).components).toMatchObject([{ appid: 'wxfedcba9876543210' }])
    const own = `apps: [{ appid: ${APPID}, credential: { kind: secret, appSecret: ${secret} } }]`
    expect(fromYaml(own).components).toEqual([])
  })

  it('takes the one app of the environment', () => {
    const config = { ...NOTHING, wechatAppid: APPID, wechatAppsecret: new Secret('s') }
    expect(hasApps(config)).toBe(true)
    expect(loadApps(config, {}).apps).toMatchObject([
      { appid: APPID, name: APPID, quotas: { perMinute: 5_000, share: 0.98 } },
    ])
  })

  it('uses the whole of a simulator’s quota', () => {
    const config = { ...NOTHING, wechatAppid: APPID, wechatAppsecret: new Secret('s') }
    for (const wechatBaseUrl of ['http://127.0.0.1:9470', 'http://simulator:9470']) {
      expect(loadApps({ ...config, wechatBaseUrl }, {}).apps[0]?.quotas.share).toBe(1)
    }
  })

  it('says how to configure an app when there is none', () => {
    expect(hasApps(NOTHING)).toBe(false)
    expect(faultOf(() => loadApps(NOTHING, {})).message).toMatch(/SUNPRESS_APPS_FILE.*WECHAT_APPID/)
  })

  it('reads the apps file, and secrets from files and variables', () => {
    const secret = write('shops', 'of the file\n')
    const { apps } = fromYaml(
      `apps:
  - appid: ${APPID}
    name: Shops
    credential: { kind: secret, appSecret: "file:${secret}" }
    quotas: { perMinute: 4000 }
  - appid: wxfedcba9876543210
    credential: { kind: secret, appSecret: "env:SHOP_SECRET" }
`,
      { SHOP_SECRET: 'of the variable' },
    )
    expect(
      apps.map(({ credential }) => (credential.kind === 'secret' ? credential.appSecret.reveal() : null)),
    ).toEqual(['of the file', 'of the variable'])
    expect(apps[0]).toMatchObject({ name: 'Shops', quotas: { perMinute: 4_000, limitedPerMinute: 600 } })
  })

  it.each([
    ['as the apps file', (path: string) => loadApps({ ...NOTHING, appsFile: path }, {})],
    [
      'as a secret',
      (path: string) =>
        fromYaml(`apps: [{ appid: ${APPID}, credential: { kind: secret, appSecret: "file:${path}" } }]`),
    ],
  ])('waits for no pipe, and reads no file beyond a megabyte: %s', (_, load) => {
    const pipe = join(folder, randomUUID())
    execFileSync('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', 'printf "apps: []" > "$0"', pipe])
    try {
      expect(faultOf(() => load(pipe)).message).toContain('a regular file of at most 1 MB')
    } finally {
      writer.kill()
    }
    const long = write('long', `#${'x'.repeat(1_048_576)}`)
    expect(faultOf(() => load(long)).message).toContain('a regular file of at most 1 MB')
  })

  it('names every secret that isn’t there', () => {
    const empty = write('empty', '\n')
    const fault = faultOf(() =>
      fromYaml(`apps:
  - { appid: ${APPID}, credential: { kind: secret, appSecret: "file:${empty}" } }
  - { appid: wxfedcba9876543210, credential: { kind: secret, appSecret: "file:${empty}.not" } }
  - { appid: wxfedcba9876543211, credential: { kind: secret, appSecret: "env:NOWHERE" } }
`),
    )
    expect(fault.defects.map(({ field }) => field)).toEqual(
      [0, 1, 2].map((index) => `apps[${index}].credential.appSecret`),
    )
    expect(fault.message).toContain('NOWHERE')
  })

  it('names the file that can’t be read', () => {
    const appsFile = join(folder, 'nowhere.yaml')
    expect(faultOf(() => loadApps({ ...NOTHING, appsFile }, {})).message).toContain(appsFile)
  })

  it('names the line of broken YAML without quoting it', () => {
    for (const yaml of [
      'apps:\n  - a: "hunter22\n',
      'apps: []\nhunter22: a: b',
      'hunter22: 1\nhunter22: 2\n',
      'apps: *hunter22',
    ]) {
      const fault = faultOf(() => fromYaml(yaml))
      expect(fault.message).toMatch(/line \d|aliases/)
      expect(JSON.stringify(fault) + fault.message + fault.cause).not.toContain('hunter22')
    }
  })
})
