import { type CampaignId, type CodeId, codeKey, DEFAULT_LOOK, type Look, nameCode } from '@sunpress/core'
import { createCampaignLedger, recordReplacement } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, sha256, type TestApi } from '../testing/test-api.js'

const ID = `${APP_ID}-${'a'.repeat(52)}` as CodeId
const BYTES = Buffer.from('a picture of a hundred bytes, or nearly so')
const URL = `/v1/codes/${ID}/image`

async function withPicture(format: 'jpg' | 'png' = 'jpg'): Promise<TestApi> {
  const api = await createTestApi()
  await api.store.codes.put(codeKey(ID, format), { bytes: BYTES, format, width: 430 })
  return api
}

describe('GET /v1/codes/{codeId}', () => {
  it('describes what the store has closed', async () => {
    const api = await withPicture()
    expect((await api.ask({ url: `/v1/codes/${ID}` })).json()).toMatchObject({
      codeId: ID,
      app: APP_ID,
      key: codeKey(ID, 'jpg'),
      bytes: BYTES.length,
      sha256: sha256(BYTES),
      contentType: 'image/jpeg',
      replaced: [],
    })
  })

  it('tells what was printed again under its key, so that a reader of an older row accepts it', async () => {
    const api = await withPicture()
    const by = '01M00000000000000000000000' as CampaignId
    const printed = { app: APP_ID, codeId: ID, sha256: sha256(BYTES) }
    await recordReplacement(api.store.records, printed, by)
    const other = `${APP_ID}-${'b'.repeat(52)}` as CodeId
    await recordReplacement(api.store.records, { ...printed, codeId: other, sha256: sha256('x') }, by)
    expect((await api.ask({ url: `/v1/codes/${ID}` })).json().replaced).toEqual([sha256(BYTES)])
  })

  it('answers 404 for a code without picture, and for what is no code', async () => {
    const api = await createTestApi()
    for (const id of [ID, 'x', `${APP_ID}-..`, '..%2f..%2fetc']) {
      const detail = id === ID ? `There is no picture "${ID}".` : 'There is no such picture.'
      expect((await api.ask({ url: `/v1/codes/${id}` })).json()).toMatchObject({ status: 404, detail })
      expect((await api.ask({ url: `/v1/codes/${id}/image` })).statusCode).toBe(404)
    }
  })
})

describe('GET /v1/codes/{codeId}/image', () => {
  it('gives the picture under its checksum, for good', async () => {
    const api = await withPicture('png')
    const answer = await api.ask({ url: URL })
    expect(answer.rawPayload).toEqual(BYTES)
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(BYTES.length),
      etag: `"${sha256(BYTES)}"`,
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it('answers HEAD as GET, without the picture', async () => {
    const api = await withPicture()
    const answer = await api.ask({ method: 'HEAD', url: URL, headers: { range: 'bytes=0-1' } })
    expect(answer).toMatchObject({ statusCode: 200, body: '' })
    expect(answer.headers['content-length']).toBe(String(BYTES.length))
  })

  it('answers 304 to who has it', async () => {
    const api = await withPicture()
    const answer = await api.ask({ url: URL, headers: { 'if-none-match': `"${sha256(BYTES)}"` } })
    expect(answer).toMatchObject({ statusCode: 304, body: '' })
    expect(answer.headers['etag']).toBeDefined()
  })

  it('gives a part, and says where there is none', async () => {
    const api = await withPicture()
    const part = await api.ask({ url: URL, headers: { range: 'bytes=2-5' } })
    expect(part.statusCode).toBe(206)
    expect(part.rawPayload).toEqual(BYTES.subarray(2, 6))
    expect(part.headers['content-range']).toBe(`bytes 2-5/${BYTES.length}`)
    const none = await api.ask({ url: URL, headers: { range: 'bytes=5000-' } })
    expect(none.statusCode).toBe(416)
    expect(none.headers).toMatchObject({
      'content-range': `bytes */${BYTES.length}`,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    expect(none.headers['etag']).toBeUndefined()
  })

  it('gives nothing that is shorter than what the store holds', async () => {
    const api = await createTestApi(({ codes }) => ({
      codes: {
        ...codes,
        read: async () => ({ bytes: 10, closedAtMs: 0, sha256: null, body: half() }),
      },
    }))
    expect((await api.ask({ url: URL })).statusCode).toBe(503)
    expect(api.failures).toHaveLength(1)
  })
})

async function* half() {
  yield Buffer.from('half')
}

describe('GET /v1/codes', () => {
  it('finds the codes of a scene, the newest look first', async () => {
    const api = await createTestApi()
    const ledger = createCampaignLedger(api.store.records)
    const looks = [0, 1].map((epoch) => ({ ...DEFAULT_LOOK, page: 'pages/a', epoch }))
    for (const look of [...looks, { ...DEFAULT_LOOK, page: 'pages/b' }]) {
      await ledger.writeLook(APP_ID, look, 0)
      const { key } = nameCode(APP_ID, 's=1', look)
      await api.store.codes.put(key, { bytes: BYTES, format: 'jpg', width: 430 })
    }
    const found = (await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D1&page=pages/a` })).json()
    expect(found.items.map(({ look }) => look.epoch)).toEqual([1, 0])
    expect(found.items[0]).toMatchObject({ scene: 's=1', look: { page: 'pages/a' }, bytes: BYTES.length })
    expect((await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D1` })).json().items).toHaveLength(3)
    expect((await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D2` })).json().items).toEqual([])
  })

  it('gives the newest, as many as are wanted', async () => {
    const api = await createTestApi()
    const ledger = createCampaignLedger(api.store.records)
    for (let epoch = 0; epoch < 3; epoch++) {
      const look = { ...DEFAULT_LOOK, page: 'pages/a', epoch }
      await ledger.writeLook(APP_ID, look, 0)
      await api.store.codes.put(nameCode(APP_ID, 's=1', look).key, {
        bytes: BYTES,
        format: 'jpg',
        width: 430,
      })
    }
    const found = (await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D1&limit=2` })).json()
    expect(found.items.map(({ look }) => look.epoch)).toEqual([2, 1])
    expect((await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s&limit=0` })).statusCode).toBe(400)
  })

  it('answers with the newest look also when an older one was healed, and is closed anew', async () => {
    const api = await createTestApi()
    const put = (look: Look) =>
      api.store.codes.put(nameCode(APP_ID, 's=1', look).key, {
        bytes: BYTES,
        format: 'jpg',
        width: look.width,
      })
    const print = async (look: Partial<Look>) => {
      const whole = { ...DEFAULT_LOOK, page: 'pages/a', ...look }
      const payload = { app: APP_ID, look: { page: 'pages/a', ...look }, scenes: ['s=1'] }
      const made = (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json()
      await put(whole)
      return { whole, heals: made.id as string }
    }
    const heal = async ({ whole, heals }: Awaited<ReturnType<typeof print>>) => {
      await api.store.codes.remove(nameCode(APP_ID, 's=1', whole).key)
      const { epoch, width } = whole
      const payload = { app: APP_ID, heals, look: { page: 'pages/a', epoch, width }, scenes: ['s=1'] }
      expect((await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).statusCode).toBe(202)
      await put(whole)
    }
    const oldLogo = await print({})
    const oldWidth = await print({ epoch: 1 })
    await print({ epoch: 1, width: 280 })
    await print({ envVersion: 'trial', epoch: 2 })
    await heal(oldLogo)
    await heal(oldWidth)
    const find = async (more = '') =>
      (await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D1&page=pages/a${more}` })).json().items
    const found = await find()
    expect(found.map(({ look }) => [look.epoch, look.width, look.envVersion])).toEqual([
      ...[
        [1, 280, 'release'],
        [1, 430, 'release'],
        [0, 430, 'release'],
        [2, 430, 'trial'],
      ],
    ])
    const [newest, , healed] = found
    expect(String(newest?.closedAt) < String(healed?.closedAt)).toBe(true)
    expect((await find('&envVersion=trial')).map(({ look }) => look.epoch)).toEqual([2])
    expect(await find('&envVersion=develop')).toEqual([])
  })

  it('finds the others where the file of a look is damaged, and reads the files once for many requests', async () => {
    const api = await createTestApi()
    const { records, codes } = api.store
    await createCampaignLedger(records).writeLook(APP_ID, DEFAULT_LOOK, 0)
    await codes.put(nameCode(APP_ID, 's=1', DEFAULT_LOOK).key, { bytes: BYTES, format: 'jpg', width: 430 })
    await records.put(`looks/${APP_ID}/short.json`, Buffer.from('{"v":1,'))
    await records.put(`looks/${APP_ID}/empty.json`, Buffer.from('{"v":1}'))
    const ask = async () =>
      (await api.ask({ url: `/v1/codes?app=${APP_ID}&scene=s%3D1` })).json().items.length
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
    expect(api.leftOut.toSorted()).toEqual([`looks/${APP_ID}/empty.json`, `looks/${APP_ID}/short.json`])
  })

  it('knows no app that is not configured, and wants a scene', async () => {
    const api = await createTestApi()
    const detail = 'There is no app "wxffffffffffffffff".'
    const unknown = await api.ask({ url: '/v1/codes?app=wxffffffffffffffff&scene=s' })
    expect(unknown.json()).toMatchObject({ status: 404, detail })
    const answer = await api.ask({ url: `/v1/codes?app=${APP_ID}` })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([
      {
        ...{ parameter: 'scene', field: 'scene', rule: 'required', value: null },
        message: 'scene: expected one text, got nothing',
      },
    ])
  })
})
