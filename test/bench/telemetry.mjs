// @ts-check
/**
 * What metrics and logs cost: CPU per code of a worker as it is, beside one whose metrics and log are switched off, in turns.
 * Usage: npm run bench -- telemetry [--scenes 4000] [--rounds 6]
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPress } from '../services/press.mjs'

const off = fileURLToPath(new URL('telemetry-off.mjs', import.meta.url))
const { values } = parseArgs({
  options: { scenes: { type: 'string', default: '4000' }, rounds: { type: 'string', default: '6' } },
})
const scenes = Number(values.scenes)
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const median = (/** @type {number[]} */ numbers) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** CPU seconds of a process, in ticks of 10 ms. @param {number} pid */
async function cpuSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const press = await startPress({ perMinute: 10_000_000, latencyMs: 100 })
let epoch = 0

/** @param {{ pid: number }} worker */
async function round(worker) {
  const before = await cpuSeconds(worker.pid)
  const id = await press.submit(scenes, { epoch: ++epoch })
  await press.ended(id, scenes)
  return (1e6 * ((await cpuSeconds(worker.pid)) - before)) / scenes
}

/** Each turn has a fresh worker of each kind, warmed up, and never two at a time. */
try {
  const kinds = [
    { name: 'on', main: undefined, micros: /** @type {number[]} */ ([]) },
    { name: 'off', main: [off], micros: /** @type {number[]} */ ([]) },
  ]
  const medians = kinds.map(
    ({ micros }) =>
      () =>
        median(micros),
  )
  for (let turn = 0; turn < Number(values.rounds); turn++) {
    for (const { main, micros } of turn % 2 === 0 ? kinds : kinds.toReversed()) {
      const worker = await press.startWorker([], main === undefined ? {} : { main })
      await round(worker)
      micros.push(await round(worker))
      await worker.kill('SIGTERM')
    }
  }
  for (const { name, micros } of kinds) {
    const all = micros.map((value) => value.toFixed(0)).join(' ')
    print(`telemetry ${name.padEnd(3)} ${median(micros).toFixed(0).padStart(5)} µs of CPU a code   (${all})`)
  }
  const [on = () => 0, without = () => 1] = medians
  print(`cost ${(100 * (on() / without() - 1)).toFixed(1)} %`)
} finally {
  await press.stop()
}
