import { PassThrough } from 'node:stream'
import { type Campaign, type Failure, type Page, UnreachableError } from '@sunpress/client'
import type { Clock } from '@sunpress/core'
import { expect, test } from 'vitest'
import type { Context } from './context.js'
import { makeCampaign } from './testing/make-campaign.js'
import { watchCampaign } from './watch-campaign.js'

const instantClock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined }
const completed = makeCampaign({ state: 'completed' }, { published: 299, refused: 1 })
const refusal = { reason: 'invalid_page', errcode: 41030 } as Failure
const page = (...items: Failure[]): Page<Failure> => ({ items, nextCursor: null })

/** Answers in turn, the last one for ever; a campaign that is missing is a producer that is away. */
async function watch(json: boolean, campaigns: (Campaign | null)[], pages: Page<Failure>[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()].map((out) => out.setEncoding('utf8'))
  const context = { env: {}, stdin: new PassThrough(), stdout, stderr } as unknown as Context
  const next = <T>(answers: T[]): T => (answers.length > 1 ? answers.shift() : answers[0]) as T
  const client = {
    getCampaign: async () => {
      const campaign = next(campaigns)
      if (campaign === null) throw new UnreachableError('x', new Error('gone'))
      return campaign
    },
    failuresPage: async () => ({ resumeCursor: '0.0', ...next(pages) }),
  }
  const code = await watchCampaign(context, client, completed.id, { json, clock: instantClock })
  return { code, stdout: String(stdout?.read() ?? ''), stderr: String(stderr?.read() ?? '') }
}

test('refusals are told with their reasons and with the command that lists them', async () => {
  const { code, stdout, stderr } = await watch(false, [completed], [page(refusal)])
  expect(code).toBe(3)
  expect(stdout).toMatch(/299 published, 1 refused\n$/)
  expect(stderr).toBe(
    `Refused: 1 invalid_page (41030)\nAll of them: npx sunpress campaign failures ${completed.id}\n`,
  )
})

test('a list of refusals that follows late is waited for', async () => {
  const { stderr } = await watch(true, [completed], [page(), page(), page(refusal)])
  expect(stderr).toContain('Refused: 1 invalid_page')
})

test('a list that stays empty is only named', async () => {
  const { stderr } = await watch(true, [completed], [page()])
  expect(stderr).not.toContain('Refused')
  expect(stderr).toContain('campaign failures')
})

test('a producer that is away is told once, on stderr', async () => {
  const done = makeCampaign({ state: 'completed' }, { published: 300 })
  const { code, stdout, stderr } = await watch(true, [makeCampaign(), null, null, done], [page()])
  expect(code).toBe(0)
  expect(stderr.split('\n').filter((line) => line.includes('still trying'))).toEqual([
    'the producer does not answer; still trying',
  ])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'completed' })
})

test('a canary that waits for somebody is told once, with the command that shows it', async () => {
  const canary = makeCampaign({ state: 'paused', waitingReason: 'canary' }, { published: 50 })
  const done = makeCampaign({ state: 'completed' }, { published: 300 })
  const { code, stderr } = await watch(true, [canary, canary, makeCampaign(), done], [page()])
  expect(code).toBe(0)
  expect(stderr.split('\n').filter((line) => line.startsWith('somebody has to look'))).toEqual([
    `somebody has to look: npx sunpress campaign canary ${completed.id}`,
  ])
})
