/**
 * One process on a full disk: `node full-disk-child.mjs '<json>'` with { folder, filler, bytesFile }. Puts three pictures in
 * vain, looks one up, makes room, and goes on. Writes what came of each step. Time passes fifty times as fast.
 */
import { readFile, rm } from 'node:fs/promises'
import { breakOnTrouble, openStore } from '../../dist/index.js'

const SPEED = 50
const { folder, filler, bytesFile } = JSON.parse(process.argv[2] ?? '{}')
const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * SPEED,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / SPEED)),
}
const told = []
const observer = { broke: (fault) => told.push(fault.code), mended: () => told.push('mended') }
const store = await openStore(`file:${folder}`, { clock })
const codes = breakOnTrouble(store.codes, { clock, random: Math.random, observer })
const picture = { bytes: await readFile(bytesFile), format: 'png', width: 280 }
const outcomeOf = (promise) =>
  promise.then(
    (value) => value?.origin ?? 'absent',
    ({ name, code, reason }) => `${name} ${code} ${reason}`,
  )

const inVain = await Promise.all(
  ['a', 'b', 'c'].map((name) => outcomeOf(codes.put(`codes/${name}`, picture))),
)
const looked = await outcomeOf(codes.stat('codes/d'))
await rm(filler)
let after = looked
while (after === looked) {
  await clock.sleep(500)
  after = await outcomeOf(codes.stat('codes/d'))
}
const put = await outcomeOf(codes.put('codes/d', picture))
process.stdout.write(JSON.stringify({ inVain, looked, after, put, told }))
await store.close()
