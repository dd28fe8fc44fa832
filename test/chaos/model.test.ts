/**
 * A small press over a real Redis and a real store, killed, frozen, robbed and told everything twice at every step of the road.
 * CHAOS_SEEDS=n runs n seeds, CHAOS_SEED=n,… those alone, CHAOS_LOG=1 tells what befell them.
 */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, inject, it } from 'vitest'
import { runModel } from './run-model.js'

const only = process.env['CHAOS_SEED']
const count = Number(process.env['CHAOS_SEEDS'] ?? 6)
const seeds =
  only === undefined ? Array.from({ length: count }, (_, at) => at + 1) : only.split(',').map(Number)
/** One in so many loses all of Redis, which costs a minute, and one stores in S3. */
const ROUND = 6
const AT_ONCE = 3
/** A minute for the pace that was lost, one for each of two rounds of a scene that always fails, and as much for a busy machine. */
const WITHIN_MS = 360_000

let running = 0
const waiting: (() => void)[] = []

/** Presses want processors: a few at a time. */
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await run()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}

async function makeBucket() {
  const access = inject('s3')
  const bucket = `chaos-${randomUUID()}`
  const client = new S3Client({ ...access, credentials: access, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return { ...access, bucket }
}

it.concurrent.each(seeds)(
  'keeps every guarantee: seed %i',
  {
    timeout: WITHIN_MS * (1 + Math.ceil(seeds.length / AT_ONCE)),
  },
  async (seed) => {
    const flush = seed % ROUND === 1
    const s3 = seed % ROUND === 2 ? await makeBucket() : null
    const { defects, log } = await inTurn(() => runModel({ seed, flush, s3, withinMs: WITHIN_MS }))
    if (process.env['CHAOS_LOG']) process.stderr.write(`seed ${seed}\n  ${log.join('\n  ')}\n`)
    expect(defects, `CHAOS_SEED=${seed}\n${log.join('\n')}`).toEqual([])
  },
)
