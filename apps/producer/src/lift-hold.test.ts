import type { AppId, HoldTarget } from '@sunpress/core'
import { expect, it } from 'vitest'
import { liftingOf } from './lift-hold.js'

const app = 'wx0123456789abcdef' as AppId

async function stepsOf(target: HoldTarget): Promise<string[]> {
  const steps: string[] = []
  const lift = liftingOf({
    permits: { lift: async ({ scope }) => void steps.push(`lift ${scope}`) },
    tokens: { lift: async () => void steps.push('token') },
    queues: { wake: async (_app, lane) => void steps.push(`wake ${lane}`) },
    clock: { sleep: async () => void steps.push('wait') },
  })
  await lift(target)
  await new Promise(setImmediate)
  return steps
}

it('forgets what is known against the token, and wakes all lanes once workers know that the hold is over', async () => {
  const round = ['wait', 'wake unlimited', 'wake limited']
  // Twice: a job may have been put back meanwhile.
  const steps = ['token', 'lift app', ...round, ...round]
  expect(await stepsOf({ scope: 'app', app })).toEqual(steps)
})

it('wakes one lane alone', async () => {
  expect(await stepsOf({ scope: 'lane', app, lane: 'limited' })).toEqual([
    'lift lane',
    ...['wait', 'wake limited'],
    ...['wait', 'wake limited'],
  ])
})

it('wakes nothing for a page, whose jobs are sent again', async () => {
  const page = { page: 'pages/a', envVersion: 'release' } as const
  expect(await stepsOf({ scope: 'page', app, page })).toEqual(['lift page'])
})
