import { type Campaign, ProblemError, UnreachableError } from '@sunpress/client'
import type { Clock } from '@sunpress/core'
import { expect, test } from 'vitest'
import { followCampaign } from './follow-campaign.js'
import { makeCampaign } from './testing/make-campaign.js'
import { exitCodeOfCampaign } from './watch-campaign.js'

/** Sleeping passes the time at once. */
function instantClock(): Clock {
  let nowMs = 0
  const clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      nowMs += ms
    },
  }
  return clock
}

/** Answers in turn, the last one for ever. */
function scriptedApi(...answers: readonly (Campaign | Error)[]) {
  let asked = 0
  return {
    asked: () => asked,
    getCampaign: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      if (answer instanceof Error || answer === undefined) throw answer
      return answer
    },
  }
}

const problem = (status: number): ProblemError => {
  const words = { type: 'about:blank', title: 't', code: 'c', detail: 'd' }
  return new ProblemError({ ...words, status, errors: [], errorCount: 0 }, null)
}
const completed = makeCampaign({ state: 'completed' }, { published: 300 })
const unreachable = new UnreachableError('GET /v1/campaigns/x', new Error('gone'))

test('it asks until the campaign has ended, telling how fast it goes', async () => {
  const api = scriptedApi(makeCampaign(), makeCampaign({}, { published: 50 }), completed)
  const speeds: (number | null)[] = []
  const onProgress = ({ speed }: { speed: number | null }) => speeds.push(speed)
  expect(await followCampaign(api, 'x', { clock: instantClock(), onProgress })).toBe(completed)
  expect(speeds).toEqual([null, 100, 300])
})

test('a producer that is away for a while ends nothing', async () => {
  const api = scriptedApi(makeCampaign(), unreachable, problem(503), problem(429), completed)
  const options = { clock: instantClock(), onProgress: () => undefined }
  expect(await followCampaign(api, 'x', options)).toBe(completed)
})

test('each absence of the producer is told once', async () => {
  const api = scriptedApi(makeCampaign(), unreachable, problem(503), makeCampaign(), unreachable, completed)
  let told = 0
  const onAway = () => void told++
  await followCampaign(api, 'x', { clock: instantClock(), onProgress: () => undefined, onAway })
  expect(told).toBe(2)
})

test('a producer that stays away is given up after a minute', async () => {
  const api = scriptedApi(makeCampaign(), unreachable)
  const clock = instantClock()
  await expect(followCampaign(api, 'x', { clock, onProgress: () => undefined })).rejects.toBe(unreachable)
  expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000)
  expect(clock.monotonic()).toBeLessThan(62_000)
})

test('an answer that says no is not asked for again', async () => {
  const missing = problem(404)
  const api = scriptedApi(missing)
  const options = { clock: instantClock(), onProgress: () => undefined }
  await expect(followCampaign(api, 'x', options)).rejects.toBe(missing)
  expect(api.asked()).toBe(1)
})

test('an abort ends it with the reason', async () => {
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  const options = { clock: instantClock(), onProgress: () => undefined, signal: stop.signal }
  await expect(followCampaign(scriptedApi(makeCampaign()), 'x', options)).rejects.toThrow('enough')
})

test('the exit code tells done, done with refusals, and not done', () => {
  expect(exitCodeOfCampaign(completed)).toBe(0)
  expect(exitCodeOfCampaign(makeCampaign({ state: 'completed' }, { published: 299, refused: 1 }))).toBe(3)
  expect(exitCodeOfCampaign(makeCampaign({ state: 'cancelled' }, { cancelled: 300 }))).toBe(1)
  expect(exitCodeOfCampaign(makeCampaign({ state: 'failed' }))).toBe(1)
})
