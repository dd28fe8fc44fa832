/** How JSON and streams of rows become campaigns, or are refused. Keys, dry runs and the lifetime have files of their own. */
import { PassThrough } from 'node:stream'
import { RetryFault } from '@sunpress/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LOOK, linesOf, post, postCsv, recordOf } from '../testing/post-campaign.js'
import { APP_ID, createTestApi, sha256 } from '../testing/test-api.js'

describe('POST /v1/campaigns with JSON', () => {
  it('answers 202 with the campaign, once the ledger and the index have it', async () => {
    const api = await createTestApi()
    const scenes = ['s=1', { scene: 's=2', page: 'pages/shop/shop', ref: 'SHOP-2', caption: 'Shop 2' }]
    const answer = await post(api, { app: APP_ID, name: 'stores', priority: 7, look: LOOK, scenes })
    expect(answer.statusCode).toBe(202)
    const campaign = answer.json()
    expect(answer.headers['location']).toBe(`/v1/campaigns/${campaign.id}`)
    expect(campaign).toMatchObject({ app: APP_ID, name: 'stores', state: 'running', etaSeconds: 2 })
    expect(campaign.counts).toMatchObject({ total: 2, pending: 2, skipped: 0 })
    const [head, ...rows] = await linesOf(api, `campaigns/${campaign.id}/scenes/part-0.ndjson`)
    expect(head).toEqual({ v: 1, kind: 'scenes', first: 0, rows: 2 })
    expect(rows).toEqual([{ scene: 's=1' }, scenes[1]])
    expect(await api.keys('looks/')).toHaveLength(2)
    expect(await api.keys('open/')).toEqual([`open/${campaign.id}`])
    expect(api.fake.campaigns.has(campaign.id)).toBe(true)
  })

  it('counts the rows with pages of their own in campaign.json: the look’s page isn’t one', async () => {
    const api = await createTestApi()
    const counted = async (body: object) => {
      const { id } = (await post(api, { app: APP_ID, look: LOOK, ...body })).json()
      return (await linesOf(api, `campaigns/${id}/campaign.json`))[0]
    }
    const pages = ['pages/shop/shop', LOOK.page, 'pages/other/other', undefined]
    const scenes = pages.map((page, at) => ({ scene: `s=${at}`, ...(page === undefined ? {} : { page }) }))
    expect(await counted({ scenes })).toMatchObject({ total: 4, ownPages: 2 })
    expect(await counted({ range: { template: 's={n}', from: 1, to: 3 } })).toMatchObject({ ownPages: 0 })
    const csv = await postCsv(api, `scene,page\ns=1,\ns=2,pages/shop/shop\ns=3,${LOOK.page}\n`)
    const [record] = await linesOf(api, `campaigns/${csv.json().id}/campaign.json`)
    expect(record).toMatchObject({ total: 3, ownPages: 1 })
  })

  it('writes the parts before campaign.json, and the open mark between them', async () => {
    const written: string[] = []
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        writePart(...args) {
          written.push('part')
          return campaigns.writePart(...args)
        },
        markOpen(...args) {
          written.push('mark')
          return campaigns.markOpen(...args)
        },
        writeCampaign(...args) {
          written.push('campaign')
          return campaigns.writeCampaign(...args)
        },
      },
    }))
    await post(api, { app: APP_ID, look: LOOK, scenes: ['s=1'] })
    expect(written).toEqual(['part', 'mark', 'campaign'])
  })

  it('makes a campaign of a range, in parts of 10,000 rows', async () => {
    const api = await createTestApi()
    const range = { template: 't={n:5}', from: 1, to: 25_000 }
    const { id, counts } = (await post(api, { app: APP_ID, look: LOOK, range })).json()
    expect(counts.total).toBe(25_000)
    const last = await linesOf(api, `campaigns/${id}/scenes/part-2.ndjson`)
    expect(last[0]).toMatchObject({ first: 20_000, rows: 5_000 })
    expect(last.at(-1)).toEqual({ scene: 't=25000' })
  })

  it('is not stopped by a Redis that is away', async () => {
    const api = await createTestApi()
    api.fake.away = true
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['s=1'] })
    expect(answer.statusCode).toBe(202)
    const read = await api.ask({ url: `/v1/campaigns/${answer.json().id}` })
    expect(read.json()).toMatchObject({ state: 'running', waitingReason: 'rebuilding' })
  })

  it('tells all defects of a request at once, by JSON pointer', async () => {
    const api = await createTestApi()
    const body = {
      app: 'wx0000000000000000',
      name: '',
      look: { width: 5, colour: 1 },
      scenes: ['s'],
      extra: 1,
    }
    const answer = await post(api, body)
    expect(answer.statusCode).toBe(422)
    const { errors, errorCount } = answer.json()
    expect(errors.map((error) => error.pointer).sort()).toEqual(
      ['/app', '/extra', '/look/colour', '/look/width', '/name'].sort(),
    )
    expect(errorCount).toBe(5)
  })

  it('refuses bad rows by their pointers and leaves nothing in the ledger', async () => {
    const api = await createTestApi()
    const answer = await post(api, {
      app: APP_ID,
      look: LOOK,
      scenes: ['s=1', 'no space', { scene: 's', ref: 5 }],
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.json().errors).toMatchObject([
      { pointer: '/scenes/1', field: 'scene', rule: 'alphabet', value: 'no space' },
      { pointer: '/scenes/2/ref', field: 'ref', rule: 'type' },
    ])
    expect(await api.keys('campaigns/')).toEqual([])
    expect(await api.keys('open/')).toEqual([])
  })

  it('takes away the parts that stood before the first bad row', async () => {
    const api = await createTestApi()
    const scenes = [...Array.from({ length: 10_000 }, (_, n) => `s=${n}`), 'no space']
    expect((await post(api, { app: APP_ID, look: LOOK, scenes })).statusCode).toBe(422)
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('gives the first 1,000 errors and the count of all', async () => {
    const api = await createTestApi()
    const scenes = Array.from({ length: 1_500 }, () => 'no space')
    const { errors, errorCount } = (await post(api, { app: APP_ID, look: LOOK, scenes })).json()
    expect(errors).toHaveLength(1_000)
    expect(errorCount).toBe(1_500)
  })

  it('names a range whose rows cannot be printed once, not once a row', async () => {
    const api = await createTestApi()
    const range = { template: 'no space {n}', from: 1, to: 100_000_000 }
    const answer = await post(api, { app: APP_ID, look: LOOK, range })
    expect(answer.json()).toMatchObject({
      status: 422,
      errorCount: 1,
      errors: [{ pointer: '/range/template' }],
    })
  })

  it.each([
    ['limited', 1024],
    ['qrcode', 128],
  ] as const)('takes paths for endpoint %s, of at most %i bytes, and no page', async (endpoint, bytes) => {
    const api = await createTestApi()
    const path = `pages/a?b=${'x'.repeat(bytes - 10)}`
    const made = await post(api, { app: APP_ID, look: { endpoint }, scenes: [path] })
    expect(made.statusCode).toBe(202)
    const refused = await post(api, {
      app: APP_ID,
      look: { endpoint },
      scenes: [`${path}x`, { scene: 'pages/a', page: 'pages/b' }],
    })
    expect(refused.statusCode).toBe(422)
    expect(refused.json().errors.map(({ pointer }) => pointer)).toEqual(['/scenes/0', '/scenes/1/page'])
  })

  it('wants either scenes or a range, and at least one row', async () => {
    const api = await createTestApi()
    const range = { template: '{n}', from: 1, to: 2 }
    for (const rows of [{}, { scenes: [] }, { scenes: ['s'], range }]) {
      expect((await post(api, { app: APP_ID, look: LOOK, ...rows })).statusCode).toBe(422)
    }
    const both = await post(api, { app: APP_ID, look: LOOK, scenes: ['s'], range })
    expect(both.json().errors[0]?.message).toBe('scenes: expected either scenes or a range, got both')
  })

  it('answers 413, naming the stream, for more than 10 MB', async () => {
    const api = await createTestApi()
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['x'.repeat(10_500_000)] })
    expect(answer.json()).toMatchObject({ status: 413, code: 'too_large' })
    expect(answer.json().detail).toContain('text/csv')
  })

  it('ends a request of which nothing more comes after a 413', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { app } = await createTestApi()
    const body = new PassThrough()
    body.write('{"scenes":["')
    const headers = { 'content-type': 'application/json', 'content-length': '10500000' }
    const answer = await app.inject({ method: 'POST', url: '/v1/campaigns', payload: body, headers })
    expect(answer.statusCode).toBe(413)
    const request = answer.raw.req
    await vi.advanceTimersByTimeAsync(1_999)
    expect(request.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await new Promise(setImmediate)
    expect(request.destroyed).toBe(true)
  })

  it('does not overlook fields that stand in the query, nor a dryRun that is neither true nor false', async () => {
    const api = await createTestApi()
    const payload = { app: APP_ID, look: LOOK, scenes: ['s'] }
    const dry = await api.ask({ method: 'POST', url: '/v1/campaigns?dryRun=perhaps', payload })
    expect(dry.json()).toMatchObject({ status: 400, errors: [{ parameter: 'dryRun' }] })
    const query = await api.ask({ method: 'POST', url: '/v1/campaigns?priority=5&name=', payload })
    expect(query.statusCode).toBe(400)
    expect(query.json().errors).toEqual([
      expect.objectContaining({
        parameter: 'priority',
        message: 'priority: expected it in the JSON body, got "5"',
      }),
    ])
    expect(api.failures).toEqual([])
    expect(await api.keys('campaigns/')).toEqual([])
  })

  it('answers 503 when the store cannot write, and makes no campaign', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: { ...campaigns, markOpen: () => Promise.reject(new RetryFault('store_timeout', 'x')) },
    }))
    const answer = await post(api, { app: APP_ID, look: LOOK, scenes: ['s'] })
    expect(answer.json()).toMatchObject({ status: 503, code: 'unavailable' })
    expect(answer.headers['retry-after']).toBeDefined()
  })
})

describe('POST /v1/campaigns with a stream', () => {
  it('makes a campaign of a CSV, with the fields as parameters', async () => {
    const api = await createTestApi()
    const csv = 'scene,ref,colour\r\ns=1,A,red\r\ns=2,B,blue\r\n'
    const answer = await postCsv(api, csv, '&name=stores&priority=9&width=600&lineColor=1,2,3&hyaline=true')
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ name: 'stores', priority: 9, ignoredColumns: ['colour'] })
    const record = await recordOf(api, answer.json().id)
    expect(record.look).toMatchObject({
      width: 600,
      lineColor: { r: 1, g: 2, b: 3 },
      hyaline: true,
      format: 'png',
    })
    expect(record.source).toEqual({ kind: 'csv', sha256: sha256(csv), ignoredColumns: ['colour'] })
  })

  it('makes a campaign of NDJSON', async () => {
    const api = await createTestApi()
    const payload = '"s=1"\n{"scene":"s=2","ref":"B"}\n'
    const answer = await postCsv(api, payload, '', { 'content-type': 'application/x-ndjson; charset=utf-8' })
    expect(answer.json().counts.total).toBe(2)
  })

  it('refuses the whole for one bad row, by its line', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns=1\nno space\n')
    expect(answer.json()).toMatchObject({
      status: 422,
      errors: [{ line: 3, field: 'scene', rule: 'alphabet' }],
    })
    expect(await api.keys('')).toEqual([])
  })

  it('skips bad rows when asked to, counts them and keeps them in the ledger', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns=1\nno space\ns=2\n', '&badRows=skip')
    expect(answer.json().counts).toMatchObject({ total: 2, skipped: 1 })
    const kept = await linesOf(api, `campaigns/${answer.json().id}/scenes/badrows-0.ndjson`)
    expect(kept[1]).toMatchObject({ line: 3, errors: [{ rule: 'alphabet' }] })
  })

  it('makes none when every row is bad', async () => {
    const api = await createTestApi()
    expect((await postCsv(api, 'scene\nno space\n', '&badRows=skip')).statusCode).toBe(422)
    expect(await api.keys('')).toEqual([])
  })

  it('names a wrong parameter as it was written', async () => {
    const api = await createTestApi()
    const answer = await postCsv(api, 'scene\ns\n', '&width=5&lineColor=1,2&checkPath=yes&nmae=x')
    const fields = answer.json().errors.map((error) => error.parameter)
    expect(fields.sort()).toEqual(['checkPath', 'lineColor', 'nmae', 'width'])
  })

  it('answers 415 for what is neither, and for rows that are not UTF-8: with what is read, and what came', async () => {
    const api = await createTestApi()
    const refusal = async (headers: object) => {
      const answer = await postCsv(api, 'scene\ns\n', '', headers)
      expect(answer.statusCode).toBe(415)
      return answer.json()
    }
    for (const type of ['text/plain', 'application/xml']) {
      const message = `Content-Type: expected application/json | text/csv | application/x-ndjson, got "${type}"`
      expect((await refusal({ 'content-type': type })).errors).toMatchObject([{ message }])
    }
    // Whatever else stands there may be a secret.
    const other = (await refusal({ 'content-type': 'text/s3cret' })).errors
    expect(other).toMatchObject([{ message: expect.stringMatching(/got "another type"$/) }])
    expect((await refusal({ 'content-type': 'text/csv; charset=gbk' })).detail).toContain('UTF-8 alone')
    expect((await refusal({ 'content-encoding': 'gzip' })).detail).toContain('without Content-Encoding')
  })

  it('says of a command that it reads no body', async () => {
    const api = await createTestApi()
    const request = { method: 'POST' as const, url: '/v1/campaigns/x/pause', payload: 'now' }
    const answer = await api.ask({ ...request, headers: { 'content-type': 'text/plain' } })
    expect(answer.json().errors).toMatchObject([
      { message: 'Content-Type: expected none, as no body is read here, got "text/plain"' },
    ])
  })
})
