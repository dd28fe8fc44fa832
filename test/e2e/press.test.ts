/** Campaigns from the request to the opened picture, over both stores. Every process is a real one. */
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, type Campaign, PAGE, type ProblemBody, type Row } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { makeBucket } from './make-bucket.js'
import { lastAtMs } from './simulator-admin.js'

const [FIRST, SECOND, THIRD, FOURTH] = [appid(0), appid(1), appid(2), appid(3)] as const
const scenesOf = (prefix: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${prefix}=${n}`)

describe.each(['file', 's3'] as const)('a press over a %s store', (kind) => {
  let works: Installation
  let api: Api
  beforeAll(async () => {
    works = await startInstallation(kind === 's3' ? { s3: await makeBucket() } : {})
    api = works.api
    await Promise.all([works.startWorker(), works.startWorker()])
  })
  afterAll(() => works?.stop())

  const callsFor = async (app: string, prefix: string): Promise<number> =>
    (await works.admin.calls(app)).filter(({ scene }) => scene?.startsWith(`${prefix}=`)).length

  /** The rows of a completed campaign, each with its opened picture as it should be. */
  async function expectWhole({ id }: Campaign, rows: number, refused = 0): Promise<Row[]> {
    const { counts } = await api.completed(id)
    expect(counts).toMatchObject({
      total: rows + refused,
      published: rows,
      refused,
      cancelled: 0,
      pending: 0,
    })
    const manifest = await api.rows(id)
    expect(manifest.map(({ n }) => n)).toEqual(manifest.map(({ n }) => n).toSorted((a, b) => a - b))
    expect(new Set(manifest.map(({ index }) => index)).size).toBe(rows)
    expect(manifest.map(({ id: event, index }) => event === `${id}.${index}`)).not.toContain(false)
    expect(await invalidRows(api, manifest)).toEqual([])
    expect(await checkRows(manifest, api.url)).toEqual([])
    return manifest.toSorted((a, b) => a.index - b.index)
  }

  it('prints JSON scenes, each with what its row brought along', async () => {
    const shop = { scene: 'a=shop', page: 'pages/shop/shop', ref: 'SHOP-2', caption: '店 2' }
    const made = await api.post(FIRST, { name: 'stores', scenes: [...scenesOf('a', 20), shop] })
    expect(made.status).toBe(202)
    expect(made.headers.get('location')).toBe(`/v1/campaigns/${made.body.id}`)
    const rows = await expectWhole(made.body, 21)
    expect(rows.map(({ scene }) => scene)).toEqual([...scenesOf('a', 20), 'a=shop'])
    expect(rows[20]).toMatchObject(shop)
    expect(rows[0]).toMatchObject({ page: PAGE, width: 430, contentType: 'image/jpeg', reused: false })
    expect(await callsFor(FIRST, 'a')).toBe(21)
  })

  it('prints a range, transparent and of another width', async () => {
    const range = { template: 'b={n:5}', from: 8, to: 12 }
    const made = await api.post(FIRST, { range, look: { page: PAGE, hyaline: true, width: 280 } })
    const rows = await expectWhole(made.body, 5)
    expect(rows.map(({ scene }) => scene)).toEqual(['b=00008', 'b=00009', 'b=00010', 'b=00011', 'b=00012'])
    expect(rows[0]).toMatchObject({ width: 280, contentType: 'image/png' })
    expect(rows[0]?.key).toMatch(/\.png$/)
  })

  it('prints a CSV and an NDJSON that stream in', async () => {
    const csv = '\ufeffscene,ref,note\r\n"c=0","A, ""quoted""",x\r\nc=1,,y\r\n'
    const made = await api.stream(FIRST, csv)
    expect(made.body.ignoredColumns).toEqual(['note'])
    const lines = ['"c=2"', '{"scene":"c=3","ref":"D"}'].join('\n')
    const more = await api.stream(FIRST, lines, { type: 'application/x-ndjson', query: '&width=300' })
    expect((await expectWhole(made.body, 2)).map(({ ref }) => ref)).toEqual(['A, "quoted"', undefined])
    expect((await expectWhole(more.body, 2)).map(({ ref, width }) => [ref, width])).toEqual([
      [undefined, 300],
      ['D', 300],
    ])
  })

  it('publishes exact duplicates as reused', async () => {
    const made = await api.post(FIRST, { scenes: [...scenesOf('d', 3), 'd=1', 'd=1'] })
    const rows = await expectWhole(made.body, 5)
    expect((await api.campaign(made.body.id)).counts.reused).toBe(2)
    const ofOne = rows.filter(({ scene }) => scene === 'd=1')
    expect(ofOne.filter(({ reused }) => reused)).toHaveLength(2)
    expect(new Set(ofOne.map(({ sha256 }) => sha256)).size).toBe(1)
  })

  it('prints nothing twice: another campaign reuses it all without a call, another epoch calls anew', async () => {
    const first = await api.post(FIRST, { scenes: scenesOf('e', 12) })
    const printed = await expectWhole(first.body, 12)
    expect(await callsFor(FIRST, 'e')).toBe(12)
    const second = await api.post(FIRST, { scenes: scenesOf('e', 12) })
    const again = await expectWhole(second.body, 12)
    expect(again.every(({ reused }) => reused)).toBe(true)
    expect(again.map(({ codeId, sha256 }) => [codeId, sha256])).toEqual(
      printed.map(({ codeId, sha256 }) => [codeId, sha256]),
    )
    expect(await callsFor(FIRST, 'e')).toBe(12)
    const third = await api.post(FIRST, { scenes: scenesOf('e', 12), look: { page: PAGE, epoch: 1 } })
    const anew = await expectWhole(third.body, 12)
    expect(anew.some(({ reused }) => reused)).toBe(false)
    expect(anew.map(({ codeId }) => printed.some((row) => row.codeId === codeId))).not.toContain(true)
    expect(await callsFor(FIRST, 'e')).toBe(24)
  })

  it('publishes what it can and tells why it refuses the rest', async () => {
    await works.admin.order([{ kind: 'errcode', errcode: 40169, match: { scene: 'f=1' } }])
    const made = await api.post(FIRST, { scenes: scenesOf('f', 4) })
    const rows = await expectWhole(made.body, 3, 1)
    expect(rows.map(({ scene }) => scene)).toEqual(['f=0', 'f=2', 'f=3'])
    const failures = await api.rows(made.body.id, 'failures')
    expect(failures).toMatchObject([{ scene: 'f=1', errcode: 40169, reason: 'invalid_scene', attempts: 1 }])
    await works.admin.order([])
  })

  it('stops calling within 2 s of a pause, lets others go on, and ends after a resume', async () => {
    // However late this process comes with its command: there is a scene left to be published.
    await works.admin.order([{ kind: 'slow_headers', delayMs: 15_000, match: { scene: 'g=299' } }])
    const { body: long } = await api.post(SECOND, { scenes: scenesOf('g', 300) })
    await api.until(long.id, ({ counts }) => counts.published >= 20)
    expect((await api.command(long.id, 'pause')).body.state).toBe('paused')
    const pausedAtMs = Date.now()
    // Well over 2 s of work, so that late calls would be seen.
    const { body: other } = await api.post(SECOND, { scenes: scenesOf('h', 300) })
    await expect.poll(() => Date.now() - pausedAtMs).toBeGreaterThanOrEqual(2_000)
    const byThenMs = lastAtMs(await works.admin.callsWritten(SECOND))
    await api.completed(other.id)
    const calls = (await works.admin.calls(SECOND)).filter(({ scene }) => scene?.startsWith('g='))
    expect(calls.filter(({ at }) => at > byThenMs)).toEqual([])
    const { state, counts } = await api.campaign(long.id)
    expect(state).toBe('paused')
    expect(counts.pending).toBeGreaterThan(0)
    await works.admin.order([])
    expect((await api.command(long.id, 'resume')).body.state).toBe('running')
    await expectWhole(long, 300)
    expect(await callsFor(SECOND, 'g')).toBe(300)
  })

  it('cancels for good what has not been published', async () => {
    const { body: long } = await api.post(THIRD, { scenes: scenesOf('i', 2_000) })
    await api.until(long.id, ({ counts }) => counts.published > 0)
    expect((await api.command(long.id, 'cancel')).body.state).toBe('cancelled')
    expect((await api.command(long.id, 'cancel')).status).toBe(200)
    expect((await api.command(long.id, 'resume')).status).toBe(409)
    const { counts } = await api.until(long.id, (campaign) => campaign.counts.cancelled > 0)
    expect(counts).toMatchObject({ total: 2_000, pending: 0, cancelled: 2_000 - counts.published })
    const rows = await api.rows(long.id)
    expect(rows).toHaveLength(counts.published)
    expect(await checkRows(rows, api.url)).toEqual([])
  })

  it('lists the newest campaigns first, page by page', async () => {
    const ids: string[] = []
    let query = '?limit=3'
    for (;;) {
      const { body } = await api.ask<{ items: Campaign[]; nextCursor: string | null }>(
        `/v1/campaigns${query}`,
      )
      ids.push(...body.items.map(({ id }) => id))
      if (body.nextCursor === null) break
      query = `?limit=3&cursor=${body.nextCursor}`
    }
    expect(ids.length).toBeGreaterThanOrEqual(10)
    expect(ids).toEqual(ids.toSorted().toReversed())
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('answers the same request under the same key alike, also when Redis has lost everything', async () => {
    const key = { 'idempotency-key': 'order-1' }
    const body = { name: 'once', scenes: scenesOf('j', 3) }
    const made = await api.post(FOURTH, body, key)
    await api.completed(made.body.id)
    const repeat = async () => {
      const again = await api.post(FOURTH, body, key)
      expect([again.status, again.body]).toEqual([202, made.body])
      const other = await api.post<ProblemBody>(FOURTH, { ...body, name: 'twice' }, key)
      expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    }
    await repeat()
    await flushAll(works)
    await repeat()
    expect(await callsFor(FOURTH, 'j')).toBe(3)
    // The manifest is read from the ledger now.
    await expectWhole(made.body, 3)
  })
})

/** Against the API's own description. */
async function invalidRows(api: Api, rows: readonly Row[]): Promise<unknown[]> {
  const { body } = await api.ask<{ components: { schemas: Record<string, object> } }>('/v1/openapi.json')
  const ajv = new Ajv.default({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const isValid = ajv.compile({ ...body.components.schemas['PublishedEvent'] })
  return rows.flatMap((row) => (isValid(row) ? [] : [{ row, errors: isValid.errors }]))
}

async function flushAll({ redisUrl }: Installation): Promise<void> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(redisUrl)
  await redis.flushall()
  redis.disconnect()
}
