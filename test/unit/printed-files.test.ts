/** The files that the documents print, read as a process reads them: apps files, and a schedule. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSchedule, Secret } from '@sunpress/core'
import { loadApps } from '@sunpress/runtime'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from './source-scan.js'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-credentials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Fits an AppSecret, a header and an AES key. */
const SECRET = 'A'.repeat(43)

const examples = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .flatMap((page) =>
    [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]
      .map(([, text = '']) => text)
      .filter((text) => /^(apps|components):/m.test(text))
      .map((text, at) => ({ page, at, text })),
  )

/** What it refers to is there. */
function load(text: string) {
  const env: Record<string, string> = {}
  const here = text.replace(/"(?:env:(\w+)|file:\/([^"]+))"/g, (whole, variable?: string, path?: string) => {
    if (variable !== undefined) {
      env[variable] = SECRET
      return whole
    }
    const file = join(folder, (path ?? '').replaceAll('/', '-'))
    writeFileSync(file, SECRET)
    return `"file:${file}"`
  })
  const appsFile = join(folder, 'apps.yaml')
  writeFileSync(appsFile, here)
  const none = { wechatAppid: null, wechatAppsecret: null, wechatBaseUrl: 'https://api.weixin.qq.com' }
  return loadApps({ ...none, appsFile, secretKey: new Secret(SECRET) }, env)
}

describe('apps files in the documents', () => {
  it.each(examples)('are taken as they stand: $page, example $at', ({ text }) => {
    const { apps, components } = load(text)
    expect(apps.length + components.length).toBeGreaterThan(0)
  })

  it('show every kind of credential', () => {
    const kinds = examples.flatMap(({ text }) => load(text).apps.map(({ credential }) => credential.kind))
    expect([...new Set(kinds)].sort()).toEqual([
      'cloudbase',
      'cloudcall',
      'cloudrun',
      'component',
      'external',
      'secret',
    ])
  })

  it('would be refused with a slip', () => {
    const slip = 'apps:\n  - appid: wx0123456789abcdef\n    credential: { kind: secrets }\n'
    expect(() => load(slip)).toThrow(/credential\.kind/)
  })
})

describe('the schedule in docs/schedules.md', () => {
  const text = readFileSync(join(ROOT, 'docs/schedules.md'), 'utf8')
  const [, printed = 'null'] = /^```json\n(.*?)^```$/ms.exec(text) ?? []
  /** Its source is an endpoint. */
  const parseRange = () => ({ ok: false as const, defects: [] })

  it('is taken as it stands, but for the name that stands in the path', () => {
    const { name, ...definition } = JSON.parse(printed)
    expect(name).toBe('stores')
    const parsed = parseSchedule(definition, { hasApp: () => true, parseRange })
    expect(parsed.ok ? [] : parsed.defects).toEqual([])
  })
})
