// @ts-check
/**
 * Seeded chance. Every decision is drawn from the seed and from what is decided about (scene, step, visit), never from a
 * sequence: so it is the same in each run, whichever worker meets it and however the steps of different scenes interleave.
 */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RetryFault, WaitFault } from '@sunpress/core'

/**
 * @typedef {object} Odds
 * @property {string} seed another one for each life of a worker, else it would die again at the same place
 * @property {Partial<Record<Action, number>>} odds of each step, from 0 to 1
 * @property {number} [deaths] steps that may kill or freeze this process; by default 1
 *
 * @typedef {'kill' | 'freeze' | 'delay' | 'twice' | 'lost_wait' | 'lost_retry' | 'fail'} Action
 * lost_*: the thing is done and its reply is lost · fail: it isn't done · twice: two at a time
 */

/** From 0 up to 1, for this seed and these facts. @param {...(string | number)} facts */
export function draw(...facts) {
  const digest = createHash('sha256').update(JSON.stringify(facts)).digest()
  return digest.readUInt32BE(0) / 2 ** 32
}

/** One of a list. @template T @param {readonly T[]} list @param {...(string | number)} facts @returns {T} */
export function drawOne(list, ...facts) {
  return /** @type {T} */ (list[Math.floor(draw(...facts) * list.length)])
}

/** A call to WeChat wants a permit of its own, and each permit is answered once: twice would be a fault of the test. */
const ONCE = new Set(['api.request', 'permits.answered'])
/**
 * It never throws, and tells what is to be judged instead, whatever becomes of Redis: whoever lives has told it. What it can't write is
 * lost when Redis is killed.
 */
const SILENT = new Set(['permits.answered'])
const LONGEST_DELAY_MS = 250

/** @param {Odds} plan @returns {import('./stop-points.mjs').Around} */
export function aroundByChance({ seed, odds, deaths = 1 }) {
  /** @type {Map<string, number>} */
  const visits = new Map()
  let mortal = deaths
  /** A scene may spend its attempts only by WeChat's faults: one lost reply each. @type {Set<string>} */
  const retried = new Set()

  /** @param {string} step @param {string} scene @param {number} visit @returns {Action | null} */
  const choose = (step, scene, visit) => {
    let point = draw(seed, scene, step, visit)
    for (const [action, odd] of Object.entries(odds)) {
      if (point < odd) return /** @type {Action} */ (action)
      point -= odd
    }
    return null
  }
  /** @param {'SIGKILL' | 'SIGSTOP'} signal @param {string} at */
  const strike = (signal, at) => {
    if (mortal-- <= 0) return
    writeSync(1, `"chaos":"${signal}" at ${at}\n`)
    process.kill(process.pid, signal)
  }

  return async (step, { scene, index }, call) => {
    const name = `${step} ${index}`
    const visit = visits.get(name) ?? 0
    visits.set(name, visit + 1)
    const action = choose(step, scene, visit)
    const isAfter = draw(seed, scene, step, visit, 'after') < 0.5
    const signal = action === 'kill' ? 'SIGKILL' : action === 'freeze' ? 'SIGSTOP' : null
    if (signal !== null && !isAfter) strike(signal, `${name} before`)
    if (action === 'fail' && !SILENT.has(step))
      throw new WaitFault('redis_unavailable', 'chaos: not done', 50)
    if (action === 'delay') await sleep(draw(seed, scene, step, visit, 'ms') * LONGEST_DELAY_MS)
    const answer = await (action === 'twice' && !ONCE.has(step) ? both(call(), call()) : call())
    if (signal !== null && isAfter) strike(signal, `${name} after`)
    if (SILENT.has(step)) return answer
    if (action === 'lost_wait') throw new WaitFault('redis_unavailable', 'chaos: reply lost', 50)
    if (action === 'lost_retry' && !retried.has(scene)) {
      retried.add(scene)
      throw new RetryFault('store_io', 'chaos: reply lost')
    }
    return answer
  }
}

/** Both come to their end; the answer that counts is that of the one who did it. @param {Promise<unknown>} one @param {Promise<unknown>} other */
async function both(one, other) {
  const answers = await Promise.all([one, other])
  return answers.find((answer) => isMaker(answer)) ?? answers[0]
}

/** @param {unknown} answer */
const isMaker = (answer) =>
  answer === 'published' ||
  (typeof answer === 'object' && answer !== null && 'origin' in answer && answer.origin === 'created')
