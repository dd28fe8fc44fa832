/**
 * CPU and time of a put and a look of the file store: `node test/bench/file-put.mjs`, after a build. DIR names the folder to write
 * to (a temporary one), for NFS and the like; UV_THREADPOOL_SIZE is worth varying there. Kernel time is most of it: two syncs a put.
 *
 * Environment: PUTS (2000), AT_A_TIME (50), BYTES (60000), DIR.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '../../packages/storage/dist/index.js'

const PUTS = Number(process.env['PUTS'] ?? 2_000)
const AT_A_TIME = Number(process.env['AT_A_TIME'] ?? 50)
const BYTES = Number(process.env['BYTES'] ?? 60_000)

const folder = await mkdtemp(join(process.env['DIR'] ?? tmpdir(), 'sunpress-bench-'))
const { codes } = openFileStore({ folder, clock: Date })
const picture = { bytes: randomBytes(BYTES), format: 'jpg', width: 430 }
const keyOf = (n) => `codes/wx0/${(n % 64).toString(16).padStart(2, '0')}/${n}.jpg`
let next = 0

async function measure(name, count, call) {
  const [before, from, last] = [process.cpuUsage(), performance.now(), next + count]
  const lane = async () => {
    while (next < last) await call(keyOf(next++))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  const { user, system } = process.cpuUsage(before)
  const wallUs = ((performance.now() - from) * 1_000) / count
  const parts = [
    `user ${(user / count).toFixed(0)}`,
    `system ${(system / count).toFixed(0)}`,
    `wall ${wallUs.toFixed(0)}`,
  ]
  process.stdout.write(`${name}: ${parts.join(', ')} µs each, ${(1e6 / wallUs).toFixed(0)}/s\n`)
}

const put = (key) => codes.put(key, picture)
await measure('warm-up', 500, put)
await measure('put', PUTS, put)
await measure('look', PUTS, (key) => codes.stat(key))
await rm(folder, { recursive: true })
