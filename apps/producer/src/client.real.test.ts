/** The client against the API it is for, over a socket. */
import { Readable } from 'node:stream'
import { createClient, ProblemError, UnreachableError } from '@sunpress/client'
import { type CampaignId, type CodeId, codeKey } from '@sunpress/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiKeys } from './security/api-keys.js'
import { APP_ID, createTestApi, sha256, type TestApi } from './testing/test-api.js'

const KEY = 'a-key-of-the-tests'
const keys = createApiKeys([{ id: 'tests', sha256: sha256(KEY), scopes: ['read', 'write'] }])
const FIELDS = { app: APP_ID, name: 'stores', look: { page: 'p', lineColor: { r: 1, g: 2, b: 3 } } }

let api: TestApi
let url: string

beforeEach(async () => {
  api = await createTestApi(() => ({ keys }))
  url = await api.app.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(() => api.app.close())

const client = () => createClient({ url, apiKey: KEY })

describe('createClient', () => {
  it('makes campaigns of scenes, ranges and streams', async () => {
    const range = { template: 't={n}', from: 1, to: 50 }
    expect((await client().createCampaign({ ...FIELDS, scenes: ['s=1'] })).counts.total).toBe(1)
    expect((await client().createCampaign({ ...FIELDS, range })).counts.total).toBe(50)
    const body = Readable.from(['scene,ref\n', 's=1,"a, b"\n', 's=2,\n'])
    const made = await client().streamCampaign(FIELDS, { type: 'text/csv', body })
    expect(made).toMatchObject({ name: 'stores', counts: { total: 2 } })
    expect((await client().getCampaign(made.id)).id).toBe(made.id)
  })

  it('makes one campaign of one key', async () => {
    const options = { idempotencyKey: 'order 1' }
    const first = await client().createCampaign({ ...FIELDS, scenes: ['s'] }, options)
    expect(await client().createCampaign({ ...FIELDS, scenes: ['s'] }, options)).toEqual(first)
  })

  it('makes none of a stream that throws', async () => {
    async function* broken() {
      yield 'scene\ns=1\n'
      throw new Error('the disk is gone')
    }
    await expect(client().streamCampaign(FIELDS, { type: 'text/csv', body: broken() })).rejects.toThrow(
      UnreachableError,
    )
    expect((await client().listCampaigns()).items).toEqual([])
  })

  it('walks all rows of a manifest, page by page', async () => {
    const id = (await client().createCampaign({ ...FIELDS, scenes: ['s'] })).id as CampaignId
    const rows = Array.from({ length: 25 }, (_, at) => ({ type: 'code.published', n: at + 1, campaign: id }))
    const lines = rows.map((row) => `${JSON.stringify({ ...row, codeId: 'c', key: 'k' })}\n`).join('')
    await api.store.records.put(`campaigns/${id}/manifest/part-1.ndjson`, Buffer.from(lines))
    const standing = api.fake.campaigns.get(id)
    if (standing !== undefined) api.fake.campaigns.set(id, { ...standing, closed: 25, n: 25 })
    const seen: number[] = []
    for await (const { n } of client().manifest(id, { limit: 10 })) seen.push(n)
    expect(seen).toEqual(rows.map(({ n }) => n))
    for await (const _row of client().failures(id)) throw new Error('there is none')
  })

  it('walks the rows that were left out, page by page', async () => {
    const { id, counts } = await client().createCampaign({
      ...{ ...FIELDS, badRows: 'skip' },
      scenes: ['s=1', ...Array.from({ length: 12 }, () => 'no space')],
    })
    expect(counts.skipped).toBe(12)
    const seen: (string | undefined)[] = []
    for await (const { pointer, errors } of client().badRows(id, { limit: 5 })) {
      expect(errors[0]?.rule).toBe('alphabet')
      seen.push(pointer)
    }
    expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => `/scenes/${at + 1}`))
  })

  it('gives a picture as its checksum says', async () => {
    const id = `${APP_ID}-${'b'.repeat(52)}` as CodeId
    const bytes = Buffer.from('a picture')
    await api.store.codes.put(codeKey(id, 'png'), { bytes, format: 'png', width: 430 })
    expect(await client().getPicture(id)).toMatchObject({ contentType: 'image/png', sha256: sha256(bytes) })
    expect(await client().getCode(id)).toMatchObject({ codeId: id, bytes: bytes.length })
  })

  it('throws what the API refused as ProblemError, with every error', async () => {
    const refused = client().createCampaign({ ...FIELDS, priority: 11, scenes: ['no space'] })
    await expect(refused).rejects.toThrow(ProblemError)
    await expect(refused).rejects.toMatchObject({
      status: 422,
      code: 'invalid',
      title: 'Unprocessable Entity',
      errors: [{ pointer: '/priority', rule: 'value' }],
    })
    await expect(createClient({ url }).listApps()).rejects.toMatchObject({ status: 401 })
  })

  it('steers, and stops waiting when told to', async () => {
    const id = (await client().createCampaign({ ...FIELDS, scenes: ['s'] })).id as CampaignId
    expect((await client().controlCampaign(id, 'pause')).state).toBe('paused')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(client().getCampaign(id, { signal })).rejects.toThrow('enough')
  })

  it('says when nobody is there', async () => {
    // Below the ports that a listener gets who asks for any: that of one that was closed may be another's by now.
    await expect(createClient({ url: 'http://127.0.0.1:9' }).listApps()).rejects.toThrow(UnreachableError)
  })

  it('asks about apps', async () => {
    expect((await client().listApps()).items[0]).toEqual(await client().getApp(APP_ID))
  })
})
