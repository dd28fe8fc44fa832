/** A third-party platform: WeChat pushes, merchants come and go, and their codes are printed without a restart. Every process is a real one. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Campaign } from './api.js'
import { type Installation, startInstallation } from './installation.js'

const PLATFORM = 'wxfedcba9876543210'
const SECRETS = {
  appSecret: 'canary-platform-secret-0123456789ab',
  verifyToken: 'canary-verify-token-0123456789abcdef',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}
const merchant = (n: number): string => `wx${n.toString(16).padStart(16, '1')}`

let folder: string
let works: Installation
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-platform-'))
  const apps = join(folder, 'apps.yaml')
  const fields = Object.keys(SECRETS).map((name) => `${name}: "env:${variableOf(name)}"`)
  await writeFile(apps, `components: [{ appid: ${PLATFORM}, ${fields.join(', ')} }]\napps: []\n`)
  const secrets = Object.entries(SECRETS).map(([name, value]) => [variableOf(name), value])
  works = await startInstallation({
    env: {
      ...Object.fromEntries(secrets),
      SUNPRESS_APPS_FILE: apps,
      SUNPRESS_SECRET_KEY: 'canary-secret-key-0123456789abcdef',
    },
  })
  await works.startWorker()
  const pushUrl = `${works.producer.url}/v1/platforms/${PLATFORM}/events`
  expect((await order('', { ...SECRETS, pushUrl })).push).toMatchObject({ accepted: true })
})
afterAll(async () => {
  await works?.stop()
  await rm(folder, { recursive: true, force: true })
})

const variableOf = (name: string): string => `E2E_${name.toUpperCase()}`

/** What the simulated WeChat, or a merchant in it, is to do. */
async function order(action: string, body: object = {}): Promise<{ push: unknown }> {
  const answer = await fetch(`${works.simulator.adminUrl}/component${action}`, {
    method: 'POST',
    body: JSON.stringify({ appid: PLATFORM, ...body }),
  })
  return (await answer.json()) as { push: unknown }
}
const authorise = async (app: string): Promise<void> => {
  expect((await order('/authorise', { authorizer: app })).push).toMatchObject({ accepted: true })
}
const isKnown = async (app: string): Promise<boolean> =>
  (await fetch(`${works.api.url}/v1/apps/${app}`)).status === 200

async function print(app: string, count: number): Promise<void> {
  await expect.poll(() => isKnown(app)).toBe(true)
  const scenes = Array.from({ length: count }, (_, n) => `s=${n}`)
  const made = await works.api.post<Campaign>(app, { scenes })
  expect(made.status).toBe(202)
  const { counts } = await works.api.completed(made.body.id)
  expect(counts).toMatchObject({ published: count, refused: 0 })
}

describe('a platform', () => {
  it('prints for merchants as they authorise it', async () => {
    await authorise(merchant(1))
    await print(merchant(1), 20)
    await authorise(merchant(2))
    await print(merchant(2), 20)
  })

  it('knows its merchants in a worker that starts later, and after a kill', async () => {
    const later = await works.startWorker()
    for (const service of works.services) {
      const isWorker = service !== works.producer && service !== works.simulator && service !== later
      if (isWorker) await service.kill('SIGKILL')
    }
    await print(merchant(1), 20)
  })

  it('lets a merchant go that withdraws', async () => {
    await order('/withdraw', { authorizer: merchant(2) })
    await expect.poll(() => isKnown(merchant(2))).toBe(false)
  })

  it('refuses what comes twice or was spoilt', async () => {
    for (const spoilt of [{}, { tamper: 'signature' }, { tamper: 'body' }]) {
      expect((await order('/replay', spoilt)).push).toMatchObject({ accepted: false, status: 403 })
    }
  })

  it('leaves no secret of it in a log or a file', async () => {
    const logs = works.services
      .filter((service) => service !== works.simulator)
      .map((each) => each.everything())
    const files = await readdir(join(works.storeFolder, 'vault', PLATFORM), {
      recursive: true,
      withFileTypes: true,
    })
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
    )
    expect(texts.length).toBeGreaterThan(2)
    const everything = [...logs, ...texts].join('\n')
    const canaries = [...Object.values(SECRETS), 'canary-secret-key', 'refreshtoken@@@', 'ticket@@@']
    for (const canary of canaries) expect(everything).not.toContain(canary)
  })
})
