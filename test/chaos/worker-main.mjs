// @ts-check
/**
 * The real worker under a plan for each step of its road, given as JSON in CHAOS_PLAN.
 * `stops`: each scene named there waits for ever at its own point; a line "all stopped" tells when all of them do.
 * `chance`: chance, seeded, decides what becomes of each step (see chance.mjs).
 */
import { writeSync } from 'node:fs'
import { run } from '@sunpress/worker'
import { aroundByChance } from './chance.mjs'
import { watchRoad } from './stop-points.mjs'

/**
 * @typedef {{ kind: 'stops', points: Record<string, string> } | ({ kind: 'chance' } & import('./chance.mjs').Odds)} Plan
 * @type {Plan}
 */
const plan = JSON.parse(process.env['CHAOS_PLAN'] ?? '')

/** @param {Record<string, string>} points `<step>:before` or `<step>:after` by scene @returns {import('./stop-points.mjs').Around} */
function aroundStops(points) {
  let moving = Object.keys(points).length
  const stop = () => {
    if (--moving === 0) writeSync(1, '"chaos":"all stopped"\n')
    return new Promise(() => {})
  }
  return async (step, job, call) => {
    const point = points[job.scene]
    if (point === `${step}:before`) await stop()
    const answer = await call()
    if (point === `${step}:after`) await stop()
    return answer
  }
}

const around = plan.kind === 'stops' ? aroundStops(plan.points) : aroundByChance(plan)
process.exitCode = await run([], process.env, {
  stderr: process.stderr,
  overrides: { road: (road) => watchRoad(road, around) },
})
