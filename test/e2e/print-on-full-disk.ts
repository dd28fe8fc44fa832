/** A campaign on a disk that is full, until somebody makes room: a worker in a mount namespace of its own, with a small tmpfs. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { claimParts } from '../services/parts.mjs'
import type { Counts, Row } from './api.js'
import { appid, startInstallation } from './installation.js'

export interface FullDisk {
  /** While there was no room. */
  readonly counts: Counts
  /** In the end. */
  readonly rows: readonly Row[]
  readonly refused: number
  /** Bytes of the pictures by key, as the worker's own view of the disk has them. */
  readonly sizes: ReadonlyMap<string, number>
  /** For pictures. */
  readonly calls: number
  readonly output: string
}

/** Takes some 10 s: so long the worker keeps a picture in hand, and leaves a store alone that was full. */
export async function printOnFullDisk(scenes: number): Promise<FullDisk> {
  const works = await startInstallation()
  try {
    const disk = join(works.folder, 'disk')
    await mkdir(disk)
    const env = { SUNPRESS_LEDGER: `file:${works.storeFolder}`, SUNPRESS_STORE: `file:${disk}/store` }
    const worker = await works.startWorker({ before: await onSmallDisk(disk), env })
    const names = Array.from({ length: scenes }, (_, n) => `s=${n}`)
    const { body: made } = await works.api.post(appid(0), { scenes: names })
    await works.api.until(made.id, ({ waitingReason }) => waitingReason === 'storage')
    const { counts } = await works.api.campaign(made.id)

    const inside = `/proc/${worker.pid}/root${disk}`
    await rm(`${inside}/filler`)
    const { refused } = (await works.api.completed(made.id)).counts
    const sizes = await sizesWithin(`${inside}/store/codes`)
    const calls = (await works.admin.calls(appid(0))).length
    return { counts, rows: await works.api.rows(made.id), refused, sizes, calls, output: worker.everything() }
  } finally {
    await works.stop()
  }
}

async function onSmallDisk(disk: string): Promise<string[]> {
  const unshare = await claimParts({
    programs: ['unshare'],
    packages: ['util-linux'],
    instead: 'run as root',
  })
  const script = `mount -t tmpfs -o size=4m none ${disk} && { head -c 3900k /dev/zero >${disk}/filler; exec "$@"; }`
  return [...unshare, 'unshare', '-Urm', 'sh', '-c', script, 'sh']
}

async function sizesWithin(folder: string): Promise<Map<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = files.map(
    async (path) => [`codes${path.slice(folder.length)}`, (await readFile(path)).byteLength] as const,
  )
  return new Map(await Promise.all(sizes))
}
