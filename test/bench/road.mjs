// @ts-check
/**
 * The road of a scene with the quota lifted: codes/s and CPU per code of one worker, beside a plain loop in the same run.
 * Usage: npm run bench -- road [--scenes 6000] [--store file|s3|both] [--in-flight 400] [--latency-ms 200] [--rounds 3]
 */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { APP_SECRET, APPID, startPress } from '../services/press.mjs'
import { startS3 } from '../services/s3.mjs'

const run = promisify(execFile)
const loop = fileURLToPath(new URL('road-loop.mjs', import.meta.url))
/** Far beyond what one process can do. */
const LIFTED_PER_MINUTE = 10_000_000

const { values } = parseArgs({
  options: {
    scenes: { type: 'string', default: '6000' },
    store: { type: 'string', default: 'both' },
    'in-flight': { type: 'string', default: '400' },
    'latency-ms': { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
  },
})
const scenes = Number(values.scenes)
const rounds = Number(values.rounds)

/** @typedef {{ seconds: number, cpuSeconds: number }} Figures */

/** @param {string} metricsUrl */
async function cpuSecondsOf(metricsUrl) {
  const text = await (await fetch(metricsUrl)).text()
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1])
}

/** @param {string} metricsUrl @returns {Promise<Map<string, number>>} mean ms of each stage */
async function stagesOf(metricsUrl) {
  const text = await (await fetch(metricsUrl)).text()
  const read = (/** @type {string} */ what) =>
    new Map(
      [...text.matchAll(new RegExp(`^sunpress_stage_seconds_${what}\\{stage="(\\w+)"\\} (\\S+)`, 'gm'))].map(
        ([, stage = '', value]) => [stage, Number(value)],
      ),
    )
  const counts = read('count')
  return new Map([...read('sum')].map(([stage, sum]) => [stage, (1_000 * sum) / (counts.get(stage) ?? 1)]))
}

/** @param {Awaited<ReturnType<typeof startPress>>} press @param {{ metricsUrl: string }} worker @param {number} epoch @returns {Promise<Figures>} */
async function pressRound(press, worker, epoch) {
  const cpuAt = await cpuSecondsOf(worker.metricsUrl)
  const startedAt = performance.now()
  const id = await press.submit(scenes, { epoch })
  await press.ended(id, scenes)
  const seconds = (performance.now() - startedAt) / 1_000
  return { seconds, cpuSeconds: (await cpuSecondsOf(worker.metricsUrl)) - cpuAt }
}

/** @param {Awaited<ReturnType<typeof startPress>>} press @param {string[]} place @returns {Promise<Figures>} */
async function loopRound(press, place) {
  const url = press.simulator.url
  const body = JSON.stringify({ grant_type: 'client_credential', appid: APPID, secret: APP_SECRET })
  const answer = await fetch(`${url}/cgi-bin/stable_token`, { method: 'POST', body })
  const { access_token } = /** @type {{ access_token: string }} */ (await answer.json())
  const args = [loop, url, access_token, String(scenes), values['in-flight'], ...place]
  const { stdout } = await run(process.execPath, args)
  return JSON.parse(stdout)
}

const median = (/** @type {number[]} */ numbers) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
const perSecond = (/** @type {Figures[]} */ all) => median(all.map(({ seconds }) => scenes / seconds))
const cpuMicros = (/** @type {Figures[]} */ all) =>
  median(all.map(({ cpuSeconds }) => (1e6 * cpuSeconds) / scenes))
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

/** @param {string} name @param {Figures[]} loops @param {Figures[]} presses @param {Map<string, number>} stages */
function report(name, loops, presses, stages) {
  const row = (/** @type {string} */ what, /** @type {Figures[]} */ all) =>
    print(
      `${name.padEnd(5)} ${what.padEnd(6)} ${perSecond(all).toFixed(0).padStart(6)} codes/s  ${cpuMicros(all).toFixed(0).padStart(6)} µs of CPU a code`,
    )
  row('loop', loops)
  row('press', presses)
  print(
    `${name.padEnd(5)} codes per CPU-second, press : loop = ${(cpuMicros(loops) / cpuMicros(presses)).toFixed(2)}`,
  )
  print(
    `${name.padEnd(5)} mean ms: ${[...stages].map(([stage, ms]) => `${stage} ${ms.toFixed(2)}`).join(', ')}`,
  )
}

/** @param {string} name @param {import('../services/press.mjs').PressOptions['s3']} s3 */
async function measure(name, s3) {
  const options = { perMinute: LIFTED_PER_MINUTE, latencyMs: Number(values['latency-ms']) }
  const press = await startPress({
    ...options,
    env: { LOG_LEVEL: 'warn' },
    ...(s3 === undefined ? {} : { s3 }),
  })
  try {
    const folder = join(press.folder, 'loop')
    await mkdir(folder)
    const worker = await press.startWorker()
    await pressRound(press, worker, 0)
    /** @type {Figures[]} */
    const loops = []
    /** @type {Figures[]} */
    const presses = []
    for (let round = 1; round <= rounds; round++) {
      const sub = join(folder, String(round))
      await mkdir(sub)
      loops.push(
        await loopRound(
          press,
          s3 === undefined
            ? ['file', sub]
            : ['s3', s3.endpoint, s3.bucket, s3.accessKeyId, s3.secretAccessKey],
        ),
      )
      presses.push(await pressRound(press, worker, round))
    }
    report(name, loops, presses, await stagesOf(worker.metricsUrl))
  } finally {
    await press.stop()
  }
}

print(
  `${scenes} scenes a round, ${rounds} rounds after a warm-up, medians; upstream answers after ${values['latency-ms']} ms`,
)
if (values.store !== 's3') await measure('file', undefined)
if (values.store !== 'file') {
  const server = await startS3()
  try {
    const { endpoint, accessKeyId, secretAccessKey } = server
    const credentials = { accessKeyId, secretAccessKey }
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
    await client.send(new CreateBucketCommand({ Bucket: 'press' }))
    client.destroy()
    await measure('s3', { endpoint, bucket: 'press', accessKeyId, secretAccessKey })
  } finally {
    await server.stop()
  }
}
