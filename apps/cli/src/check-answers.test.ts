import { type Client, ProblemError, UnreachableError } from '@sunpress/client'
import { expect, test } from 'vitest'
import { checkAnswers, NotSunpress } from './check-answers.js'

const URL = 'http://127.0.0.1:9470'

const clientOf = (list: () => Promise<unknown>): Client =>
  checkAnswers({ listCampaigns: list } as unknown as Client, URL)

function refusal(status: number, code: string): ProblemError {
  const words = { type: 'about:blank', title: 't', code, detail: 'd', errors: [], errorCount: 0 }
  return new ProblemError({ ...words, status }, null)
}

test.each<[string, () => Promise<unknown>]>([
  ['another JSON', async () => ({ errcode: 40001 })],
  ['a JSON that is no object', async () => null],
  [
    'no JSON',
    () => Promise.reject(new UnreachableError('/campaigns', new SyntaxError('Unexpected token <'))),
  ],
  ['a 404 of another server', () => Promise.reject(refusal(404, 'unknown'))],
])('%s is told as what it is, with the address', async (_what, list) => {
  const asking = clientOf(list).listCampaigns()
  await expect(asking).rejects.toBeInstanceOf(NotSunpress)
  await expect(asking).rejects.toThrow(`${URL} is not Sunpress`)
})

test.each([
  ['a refusal of the API', refusal(404, 'not_found')],
  ['a proxy whose server is away', refusal(502, 'unknown')],
  ['no answer', new UnreachableError('/campaigns', new Error('gone'))],
])('%s passes as it is', async (_what, error) => {
  await expect(clientOf(() => Promise.reject(error)).listCampaigns()).rejects.toBe(error)
})

test('an answer of the API passes as it is', async () => {
  const page = { items: [], nextCursor: null }
  expect(await clientOf(async () => page).listCampaigns()).toBe(page)
})
