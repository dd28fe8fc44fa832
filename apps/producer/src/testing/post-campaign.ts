/** Requests that make a campaign, and what the ledger has of it behind them. */
import type { CampaignRecord } from '@sunpress/core'
import { type Answer, APP_ID, type TestApi } from './test-api.js'

export const LOOK = { page: 'pages/index/index' }
export const post = (api: TestApi, payload: object, headers = {}): Promise<Answer> =>
  api.ask({ method: 'POST', url: '/v1/campaigns', payload, headers })
export const postCsv = (api: TestApi, payload: string, query = '', headers = {}): Promise<Answer> =>
  api.ask({
    method: 'POST',
    url: `/v1/campaigns?app=${APP_ID}&page=pages/index/index${query}`,
    payload,
    headers: { 'content-type': 'text/csv', ...headers },
  })

export async function recordOf(api: TestApi, id: string): Promise<CampaignRecord> {
  const bytes = await api.store.records.read(`campaigns/${id}/campaign.json`)
  return JSON.parse(Buffer.from(bytes ?? []).toString()) as CampaignRecord
}

export async function linesOf(api: TestApi, key: string): Promise<unknown[]> {
  const text = Buffer.from((await api.store.records.read(key)) ?? []).toString()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}
