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
  return steps
}

it('forgets what is known against the token, and wakes all lanes once workers know that the hold is over', async () => {
  const steps = ['token', 'lift app', 'wait', 'wake unlimited', 'wake limited']
  expect(await stepsOf({ scope: 'app', app })).toEqual(steps)
})

it('wakes one lane alone', async () => {
  expect(await stepsOf({ scope: 'lane', app, lane: 'limited' })).toEqual([
    'lift lane',
    'wait',
    'wake limited',
  ])
})

it('wakes nothing for a page, whose jobs are sent again', async () => {
  const page = { page: 'pages/a', envVersion: 'release' } as const
  expect(await stepsOf({ scope: 'page', app, page })).toEqual(['lift page'])
})
