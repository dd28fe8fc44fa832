/** Apps that come while everything runs, and commands for them. Every process is a real one. */
import { execFile } from 'node:child_process'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Campaign, untilThere } from './api.js'
import { appid, type Installation, startInstallation } from './installation.js'
import type { Service } from './service.js'

const CLI = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))
const HELD = appid(1)
const CLEARED = appid(2)
const JOINS = appid(77)

interface AppAnswer {
  readonly holds: readonly {
    readonly scope: string
    readonly reason: string
    readonly message: string | null
  }[]
}

// A job that was put back in the moment of a resume waits for 60 s at most.
vi.setConfig({ testTimeout: 120_000 })

let works: Installation
let worker: Service
let file: string
let original: string

beforeAll(async () => {
  works = await startInstallation()
  worker = await works.startWorker()
  file = works.env['SUNPRESS_APPS_FILE'] ?? ''
  original = await readFile(file, 'utf8')
})
afterAll(() => works?.stop())

const sunpress = (...args: string[]) =>
  promisify(execFile)(process.execPath, [CLI, ...args], { env: { SUNPRESS_API_URL: works.api.url } })

/** Nobody reads half of it. */
async function replace(apps: string): Promise<void> {
  await writeFile(`${file}.new`, apps)
  await rename(`${file}.new`, file)
}

const describeApp = async (app: string) => (await works.api.ask<AppAnswer>(`/v1/apps/${app}`)).body

describe('the apps file', () => {
  it('may get another app while everything runs: it is printed for without a restart', async () => {
    expect((await works.api.post(JOINS, { scenes: ['s=1'] })).status).toBe(422)
    const entry = `  - appid: ${JOINS}\n    credential: { kind: secret, appSecret: "env:E2E_APP_SECRET" }\n`
    await replace(original + entry)
    const made = await untilThere(async () => {
      const answer = await works.api.post<Campaign>(JOINS, { scenes: ['s=1', 's=2'] })
      return answer.status === 202 ? answer.body : null
    })
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: 2 })
  })

  it('changes nothing when it is spoilt, and says why', async () => {
    await replace(`${original}  - appid: nonsense\n`)
    await Promise.all([works.producer, worker].map((service) => service.wrote('is not taken')))
    const made = await works.api.post<Campaign>(appid(0), { scenes: ['s=1'] })
    expect((await works.api.completed(made.body.id)).counts).toMatchObject({ published: 1 })
    expect(works.producer.output()).toMatch(/apps\[\d+\]\.appid: expected/)
    await replace(original)
  })
})

describe('sunpress app', () => {
  it('shows what holds an app, and resumes it', async () => {
    await works.admin.order([{ kind: '48001', match: { appid: HELD } }])
    const made = await works.api.post<Campaign>(HELD, { scenes: ['s=1'] })
    await works.api.until(made.body.id, ({ waitingReason }) => waitingReason === 'app_held')
    const { holds } = await describeApp(HELD)
    expect(holds).toEqual([expect.objectContaining({ scope: 'app', reason: 'app_held' })])
    expect(holds[0]?.message).toContain('48001')
    expect((await sunpress('app', 'show', HELD)).stdout).toContain('app_held until')
    await works.admin.order([])
    await sunpress('app', 'resume', HELD)
    expect((await works.api.completed(made.body.id)).counts).toMatchObject({ published: 1 })
    expect((await describeApp(HELD)).holds).toEqual([])
  })

  it('clears quotas only when it is told so, and says how many of the month are left', async () => {
    const asked = await sunpress('app', 'clear-quota', CLEARED).catch((error) => error)
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('10 of 10 clearings are left')])
    const cleared = await sunpress('app', 'clear-quota', CLEARED, '--yes', '--json')
    expect(JSON.parse(cleared.stdout)).toEqual({ used: 1, left: 9, limit: 10 })
  })
})

describe('sunpress campaign retry', () => {
  it('prints what was refused again, once its cause is gone', async () => {
    const app = appid(4)
    await works.admin.order([{ kind: '40129', match: { appid: app, scene: { regex: '^bad' } } }])
    const made = await works.api.post<Campaign>(app, { scenes: ['s=1', 'bad=1', 'bad=2'] })
    expect((await works.api.completed(made.body.id)).counts).toMatchObject({ published: 1, refused: 2 })
    await works.admin.order([])
    await sunpress('campaign', 'retry', made.body.id, '--errcode', '40129')
    const ended = await works.api.until(
      made.body.id,
      ({ state, counts }) => state === 'completed' && counts.refused === 0,
    )
    expect(ended.counts).toMatchObject({ published: 3, pending: 0 })
    const refused = await sunpress('campaign', 'priority', made.body.id, '9').catch((error) => error)
    expect(refused.stderr).toContain('nothing to prioritize')
  })
})

describe('sunpress campaign plan', () => {
  it('says what a campaign would come to, and makes none', async () => {
    const scenes = ['--scenes', 's=1,s=2,s=2,s=3', '--page', 'pages/index/index']
    const { stdout } = await sunpress('campaign', 'plan', '--app', appid(0), ...scenes, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ rows: 4, duplicates: 1, alreadyPublished: 1, calls: 2 })
    const { body } = await works.api.ask<{ items: Campaign[] }>('/v1/campaigns')
    expect(body.items.every(({ counts }) => counts.total !== 4)).toBe(true)
  })
})
