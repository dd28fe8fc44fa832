/** The breaker over the file store on a real disk that is full. Needs a build: the child runs dist/. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makePicture } from '@sunpress/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { claimParts } from '../../../../test/services/parts.mjs'

const CHILD = fileURLToPath(new URL('../testing/full-disk-child.mjs', import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-breaker-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('stops before the calls while a real disk is full, and goes on when there is room', async () => {
  const unshare = await claimParts({
    programs: ['unshare'],
    packages: ['util-linux'],
    instead: 'run as root',
  })
  const [disk, bytesFile] = [join(folder, 'disk'), join(folder, 'picture')]
  await writeFile(bytesFile, makePicture().bytes)
  const filler = join(disk, 'filler')
  const order = JSON.stringify({ folder: join(disk, 'store'), filler, bytesFile })
  const script = `mkdir ${disk} && mount -t tmpfs -o size=1m none ${disk} && { cat /dev/zero >${filler} 2>/dev/null; exec "$@"; }`
  const words = [...unshare, 'unshare', '-Urm', 'sh', '-c', script, 'sh', process.execPath, CHILD, order]
  const { stdout } = await promisify(execFile)(words[0] ?? '', words.slice(1))
  expect(JSON.parse(stdout)).toEqual({
    inVain: Array(3).fill('HoldFault store_full storage'),
    looked: 'HoldFault store_full storage',
    after: 'absent',
    put: 'created',
    told: ['store_full', 'mended'],
  })
})
