/** The disk under the pictures is full while a campaign runs: a worker in a mount namespace of its own, with a small tmpfs. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimParts } from '../services/parts.mjs'
import { appid, type Installation, startInstallation } from './installation.js'

const SCENES = 30

describe('a full disk', () => {
  let works: Installation
  let disk: string
  beforeAll(async () => {
    works = await startInstallation()
    disk = join(works.folder, 'disk')
    await mkdir(disk)
  })
  afterAll(() => works?.stop())

  it('makes a campaign wait for storage, at no attempt, and lets it end when there is room again', async () => {
    const unshare = await claimParts({
      programs: ['unshare'],
      packages: ['util-linux'],
      instead: 'run as root',
    })
    const script = `mount -t tmpfs -o size=4m none ${disk} && { head -c 3900k /dev/zero >${disk}/filler; exec "$@"; }`
    const before = [...unshare, 'unshare', '-Urm', 'sh', '-c', script, 'sh']
    const ledger = { SUNPRESS_LEDGER: `file:${works.storeFolder}` }
    const worker = await works.startWorker({
      before,
      env: { ...ledger, SUNPRESS_STORE: `file:${disk}/store` },
    })
    const { body: made } = await works.api.post(appid(0), {
      scenes: Array.from({ length: SCENES }, (_, n) => `s=${n}`),
    })
    await works.api.until(made.id, ({ waitingReason }) => waitingReason === 'storage')
    const { counts } = await works.api.campaign(made.id)
    expect(counts.pending).toBeGreaterThan(0)

    /** As the worker sees it. */
    const inside = `/proc/${worker.pid}/root${disk}`
    await rm(`${inside}/filler`)
    expect((await works.api.completed(made.id)).counts).toMatchObject({ published: SCENES, refused: 0 })
    const rows = await works.api.rows(made.id)
    for (const { key, bytes } of rows)
      expect((await readFile(`${inside}/store/${key}`)).byteLength).toBe(bytes)
    const files = (await readdir(`${inside}/store`, { recursive: true })).filter((name) =>
      name.includes('.tmp-'),
    )
    expect(files).toEqual([])
    expect(worker.everything()).toContain('"code":"store_full"')
  })
})
