/**
 * A small press over a real Redis and a real store, killed, frozen, robbed and told everything twice at every step of the road.
 * CHAOS_SEEDS=n runs n seeds, CHAOS_SEED=n that one alone, CHAOS_LOG=1 tells what befell them.
 */
import { expect, it } from 'vitest'
import { runModel } from './run-model.js'

const only = process.env['CHAOS_SEED']
const count = Number(process.env['CHAOS_SEEDS'] ?? 6)
const seeds = only === undefined ? Array.from({ length: count }, (_, at) => at + 1) : [Number(only)]
/** One in so many loses all of Redis. */
const FLUSH_EVERY = 6
const AT_ONCE = 3
const WITHIN_MS = 150_000

const free = Array.from({ length: AT_ONCE }, () => Promise.resolve())

it.concurrent.each(seeds)('keeps every guarantee: seed %i', { timeout: 900_000 }, async (seed) => {
  const place = seeds.indexOf(seed) % AT_ONCE
  const turn = free[place]
  let done = () => {}
  free[place] = new Promise((resolve) => {
    done = resolve
  })
  await turn
  try {
    const { defects, log } = await runModel({ seed, flush: seed % FLUSH_EVERY === 1, withinMs: WITHIN_MS })
    if (process.env['CHAOS_LOG']) process.stderr.write(`seed ${seed}\n  ${log.join('\n  ')}\n`)
    expect(defects, `CHAOS_SEED=${seed}\n${log.join('\n')}`).toEqual([])
  } finally {
    done()
  }
})
