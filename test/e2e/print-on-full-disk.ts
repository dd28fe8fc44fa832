/** A campaign on a disk that is full, until somebody makes room: a worker in a mount namespace of its own, with a small tmpfs. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { claimParts } from '../services/parts.mjs'
import type { Counts, Row } from './api.js'
import { appid, startInstallation } from './installation.js'

/** Has room for more than all pictures, and, beside the filler, for three or so. */
const DISK_BYTES = 8 << 20
const FILLER_BYTES = DISK_BYTES - (200 << 10)

export interface FullDisk {
  /** Room was made as soon as the worker had said that there is none: so long after it. */
  readonly short: Printed & { readonly fullForMs: number }
  /** Room was made when a campaign waited for storage: `counts` is of that moment. */
  readonly long: Printed & { readonly counts: Counts }
  /** Bytes of the pictures by key, as the worker's own view of the disk has them. */
  readonly sizes: ReadonlyMap<string, number>
  readonly output: string
}

export interface Printed {
  readonly rows: readonly Row[]
  readonly refused: number
  /** Times that each scene's picture was asked for. */
  readonly calls: ReadonlyMap<string, number>
}

/** Takes some 20 s: the worker keeps a picture in hand for up to 12, and then leaves a store alone that was full. */
export async function printOnFullDisk(scenes: number): Promise<FullDisk> {
  const works = await startInstallation()
  try {
    const disk = join(works.folder, 'disk')
    await mkdir(disk)
    const env = { SUNPRESS_LEDGER: `file:${works.storeFolder}`, SUNPRESS_STORE: `file:${disk}/store` }
    const worker = await works.startWorker({ before: await onSmallDisk(disk), env })
    const inside = `/proc/${worker.pid}/root${disk}`
    const submit = async (prefix: string): Promise<string> => {
      const names = Array.from({ length: scenes }, (_, n) => `${prefix}=${n}`)
      return (await works.api.post(appid(0), { scenes: names })).body.id
    }
    const printed = async (id: string, prefix: string): Promise<Printed> => {
      const { refused } = (await works.api.completed(id)).counts
      const names = (await works.admin.calls(appid(0))).map(({ scene }) => scene ?? '')
      return { rows: await works.api.rows(id), refused, calls: countOf(names, `${prefix}=`) }
    }

    const first = await submit('short')
    await worker.wrote(NO_ROOM)
    await rm(`${inside}/filler`)
    const fullForMs = Date.now() - toldAtMs(worker.everything())
    const short = { ...(await printed(first, 'short')), fullForMs }

    await fillUp(`${inside}/filler`)
    const second = await submit('long')
    const { counts } = await works.api.until(second, ({ waitingReason }) => waitingReason === 'storage')
    await rm(`${inside}/filler`)
    const long = { ...(await printed(second, 'long')), counts }

    const sizes = await sizesWithin(`${inside}/store/codes`)
    return { short, long, sizes, output: worker.everything() }
  } finally {
    await works.stop()
  }
}

const NO_ROOM = /^\{.*"msg":"pictures can't be stored.*$/m
const toldAtMs = (output: string): number =>
  Date.parse((JSON.parse(NO_ROOM.exec(output)?.[0] ?? '{}') as { time: string }).time)

function countOf(names: readonly string[], prefix: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names.filter((each) => each.startsWith(prefix)))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Until nothing more fits. */
async function fillUp(path: string): Promise<void> {
  const written = writeFile(path, Buffer.alloc(DISK_BYTES))
  await written.then(
    () => Promise.reject(new Error(`${path}: expected a disk of less than ${DISK_BYTES} bytes of room`)),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOSPC' ? undefined : Promise.reject(error)),
  )
}

async function onSmallDisk(disk: string): Promise<string[]> {
  const unshare = await claimParts({
    programs: ['unshare'],
    packages: ['util-linux'],
    instead: 'run as root',
  })
  const script = `mount -t tmpfs -o size=${DISK_BYTES} none ${disk} && { head -c ${FILLER_BYTES} /dev/zero >${disk}/filler; exec "$@"; }`
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
