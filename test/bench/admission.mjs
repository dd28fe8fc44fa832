// @ts-check
/**
 * Streams a CSV into a real producer: rows admitted a second, and the most memory that the producer held.
 * Usage: npm run bench -- admission [--rows 1000000] [--gigabytes 1]
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { startRedis } from '../services/redis.mjs'
import { spawnTethered } from '../services/tether.mjs'

const APPID = 'wx0123456789abcdef'
const cli = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, gigabytes: { type: 'string', default: '1' } },
})
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

/** Blocks of some 64 kB; the caption fills a row up to `width` bytes. @param {number} rows @param {number} width */
function* csv(rows, width) {
  yield 'scene,ref,caption\n'
  let block = ''
  for (let n = 0; n < rows; n++) {
    const start = `s=${n},SHOP-${n},`
    block += `${start}${'Shop by the river '.repeat(30).slice(0, Math.max(6, width - start.length - 1))}\n`
    if (block.length > 65_536) {
      yield block
      block = ''
    }
  }
  yield block
}

/** @param {number} pid */
async function mostMemoryMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024
}

/** @param {string} what @param {number} rows @param {number} width @param {string} redisUrl */
async function measure(what, rows, width, redisUrl) {
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-admission-'))
  const apps = join(folder, 'apps.yaml')
  await writeFile(
    apps,
    `apps: [{ appid: ${APPID}, credential: { kind: secret, appSecret: "env:SHOPS_SECRET" } }]\n`,
  )
  const env = {
    REDIS_URL: redisUrl,
    SUNPRESS_NAMESPACE: what,
    SUNPRESS_STORE: `file:${join(folder, 'store')}`,
    SUNPRESS_APPS_FILE: apps,
    SHOPS_SECRET: 'not-used-here',
    PORT: '0',
    METRICS_PORT: '0',
  }
  const producer = spawnTethered([process.execPath, cli, 'producer'], { env })
  try {
    await producer.wrote('"msg":"ready"')
    const url = /"url":"([^"]+)"/.exec(producer.output())?.[1] ?? ''
    const idleMb = await mostMemoryMb(producer.pid)
    const pool = new Pool(url, { bodyTimeout: 0, headersTimeout: 0 })
    let bytes = 0
    const counted = function* () {
      for (const block of csv(rows, width)) {
        bytes += block.length
        yield Buffer.from(block)
      }
    }
    const startedAt = performance.now()
    const answer = await pool.request({
      method: 'POST',
      path: `/v1/campaigns?app=${APPID}&page=pages/index/index`,
      headers: { 'content-type': 'text/csv' },
      body: Readable.from(counted(), { objectMode: false, highWaterMark: 65_536 }),
    })
    const seconds = (performance.now() - startedAt) / 1_000
    const told = await answer.body.text()
    await pool.close()
    if (answer.statusCode !== 202) throw new Error(`${answer.statusCode}: ${told.slice(0, 500)}`)
    const size = `${(bytes / 1e6).toFixed(0)} MB`
    const pace = `${(rows / seconds).toFixed(0)} rows/s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s`
    const memory = `producer at most ${(await mostMemoryMb(producer.pid)).toFixed(0)} MB (idle ${idleMb.toFixed(0)} MB)`
    print(`${what.padEnd(6)} ${rows} rows, ${size}: ${seconds.toFixed(1)} s, ${pace}; ${memory}`)
  } finally {
    await producer.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const redis = await startRedis()
try {
  await measure('rows', Number(values.rows), 0, redis.url)
  const width = 500
  await measure('bytes', Math.round((Number(values.gigabytes) * 1e9) / width), width, redis.url)
} finally {
  await redis.stop()
}
