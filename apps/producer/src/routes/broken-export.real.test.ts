/** What a client sees on its socket when a stream can't be finished. */
import type { AddressInfo } from 'node:net'
import type { CampaignId } from '@sunpress/core'
import { expect, it } from 'vitest'
import { APP_ID, createTestApi } from '../testing/test-api.js'

const ROWS = 600

const linesFrom = (id: CampaignId, firstN: number): Buffer =>
  Buffer.from(
    Array.from({ length: ROWS }, (_, at) => {
      const n = firstN + at
      return `${JSON.stringify({ v: 1, id: `${id}.${n}`, type: 'code.published', index: n, n, scene: `s=${n}` })}\n`
    }).join(''),
  )

async function startApi() {
  const api = await createTestApi()
  const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s'] }
  const id: CampaignId = (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json().id
  const part = (firstN: number) => `campaigns/${id}/manifest/part-${firstN}.ndjson`
  for (const firstN of [1, 601, 1_201]) await api.store.records.put(part(firstN), linesFrom(id, firstN))
  const there = api.fake.campaigns.get(id)
  if (there === undefined) throw new Error('no campaign')
  api.fake.campaigns.set(id, { ...there, closed: 3 * ROWS, n: 3 * ROWS })
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  return {
    api,
    part,
    lines: (firstN: number) => linesFrom(id, firstN),
    url: `http://127.0.0.1:${port}/v1/campaigns/${id}/manifest`,
  }
}

/** Rows that came, and whether the body came to its end. */
async function readBody(url: string, accept: string): Promise<{ rows: number; isWhole: boolean }> {
  const { body, status } = await fetch(url, { headers: { accept } })
  expect(status).toBe(200)
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true })
  } catch {
    return { rows: rowsIn(text), isWhole: false }
  }
  return { rows: rowsIn(text), isWhole: true }
}

const rowsIn = (text: string): number => text.split('\n').filter((row) => row.includes('s=')).length

it.each(['application/x-ndjson', 'text/csv'])(
  'a stream of %s that meets a lost part is cut off, and does not end like a whole one',
  async (accept) => {
    const { api, part, lines, url } = await startApi()
    try {
      await api.store.records.remove(part(601))
      const cut = await readBody(url, accept)
      expect(cut.isWhole).toBe(false)
      expect(cut.rows).toBeLessThanOrEqual(ROWS)
      expect(api.failures).toMatchObject([{ code: 'ledger_missing' }])
      await api.store.records.put(part(601), lines(601))
      expect(await readBody(url, accept)).toEqual({ rows: 3 * ROWS, isWhole: true })
    } finally {
      await api.app.close()
    }
  },
)
