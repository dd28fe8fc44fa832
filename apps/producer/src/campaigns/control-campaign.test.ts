import type { CampaignId, Generation } from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import { createCampaignLedger } from '@sunpress/ledger'
import { describe, expect, it } from 'vitest'
import { APP_ID, createTestApi, type TestApi } from '../testing/test-api.js'

type Control = FeedIndex['control']

/** An API whose index answers commands as `control` does, given what it would answer by itself. */
const apiWith = (control: (own: Control) => Control) =>
  createTestApi(({ index }) => ({ index: { ...index, control: control(index.control) } }))

async function create(api: TestApi): Promise<CampaignId> {
  const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s=1', 's=2'] }
  return (await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).json().id
}

const command = (api: TestApi, id: string, name: string) =>
  api.ask({ method: 'POST', url: `/v1/campaigns/${id}/${name}` })

const standAt = (api: TestApi, id: CampaignId, change: object): void => {
  const there = api.fake.campaigns.get(id)
  if (there === undefined) throw new Error('not announced')
  api.fake.campaigns.set(id, { ...there, ...change })
}

const NOTHING_PENDING = {
  counts: { total: 2, published: 2, reused: 0, refused: 0, cancelled: 0, pending: 0, skipped: 0 },
}
const ENDED = { status: 409, code: 'campaign_ended' }

describe('a command', () => {
  it('is refused when a cancel came first, though it was in the log behind it', async () => {
    const api = await apiWith(() => async (_app, _generation, id) => {
      standAt(api, id, { state: 'cancelled' })
      return 'final'
    })
    const id = await create(api)
    expect((await command(api, id, 'pause')).json()).toMatchObject(ENDED)
  })

  it('is refused when a cancel came first and the index cannot be told', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: {
        ...campaigns,
        async appendControl(id, name, at) {
          await campaigns.appendControl(id, 'cancel', at)
          return await campaigns.appendControl(id, name, at)
        },
      },
    }))
    const id = await create(api)
    api.fake.away = true
    expect((await command(api, id, 'pause')).json()).toMatchObject(ENDED)
  })

  it('answers with the state that a later command led to', async () => {
    const api = await apiWith(() => async (_app, _generation, id) => {
      standAt(api, id, { state: 'running' })
      return 'older'
    })
    expect((await command(api, await create(api), 'pause')).json()).toMatchObject({ state: 'running' })
  })

  it('answers as the log says while the index has not heard of it', async () => {
    const api = await apiWith(() => async () => 'rebuild')
    expect((await command(api, await create(api), 'pause')).json()).toMatchObject({ state: 'paused' })
  })

  it('is refused, and not written, when every row is done', async () => {
    const api = await createTestApi()
    const id = await create(api)
    standAt(api, id, NOTHING_PENDING)
    for (const name of ['pause', 'resume', 'cancel'])
      expect((await command(api, id, name)).json()).toMatchObject(ENDED)
    expect(await api.keys(`campaigns/${id}/control/`)).toEqual([])
  })
})

describe('a command that comes while the index is built anew', () => {
  it('is told to whoever builds it, who may have read the log before', async () => {
    const api = await createTestApi()
    const id = await create(api)
    api.fake.generation = null
    expect((await command(api, id, 'pause')).json()).toMatchObject({ state: 'paused' })
    expect([api.fake.unheard, api.fake.commands]).toEqual([[id], []])
  })

  it('is told to an index that is there by then', async () => {
    const api = await createTestApi(({ index }) => ({
      index: {
        ...index,
        async tellUnheard() {
          api.fake.generation = 'g2' as Generation
        },
      },
    }))
    const id = await create(api)
    api.fake.generation = null
    expect((await command(api, id, 'pause')).json()).toMatchObject({ state: 'paused' })
    expect(api.fake.commands).toEqual(['1 paused'])
  })
})

describe('a command before which its campaign ended, and a retry came', () => {
  const retried = async () => {
    const told: (number | undefined)[] = []
    const api = await apiWith(() => async (_app, _generation, id, { retry }) => {
      told.push(retry)
      standAt(api, id, { counts: { ...NOTHING_PENDING.counts, published: 1, refused: 1 } })
      if (told.length > 1) return 'applied'
      const ledger = createCampaignLedger(api.store.records)
      await ledger.writeReport({
        v: 1,
        id,
        state: 'completed',
        counts: NOTHING_PENDING.counts,
        finishedAt: '',
      })
      await ledger.appendRetry({ id, app: APP_ID }, {}, '2026-01-01T00:00:00Z')
      return 'final'
    })
    return { api, id: await create(api), told }
  }

  it('is told to the index again, by who knows of the retry', async () => {
    const { api, id, told } = await retried()
    expect((await command(api, id, 'pause')).statusCode).toBe(200)
    expect(told).toEqual([0, 2])
  })

  it('is refused when it is a cancel: nothing is cancelled', async () => {
    const { api, id } = await retried()
    expect((await command(api, id, 'cancel')).json()).toMatchObject(ENDED)
  })
})

describe('a command behind a retry of a campaign that had ended', () => {
  const reopened = async () => {
    const api = await createTestApi()
    const id = await create(api)
    const counts = { ...NOTHING_PENDING.counts, published: 1, refused: 1 }
    standAt(api, id, { state: 'completed', counts })
    const report = { v: 1, id, state: 'completed', counts, finishedAt: '2026-01-01T00:00:00.000Z' }
    await api.store.records.put(`campaigns/${id}/report.json`, Buffer.from(JSON.stringify(report)))
    await api.store.records.remove(`open/${id}`)
    expect((await command(api, id, 'retry-failed')).statusCode).toBe(200)
    return { api, id, counts }
  }

  it.each([
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
    ['resume', 'running'],
  ])('takes effect, and is answered so, before the index knows of the retry: %s', async (name, state) => {
    const { api, id } = await reopened()
    expect(api.fake.unheard).toEqual([id])
    const answer = await command(api, id, name)
    expect([answer.statusCode, answer.json().state]).toEqual([200, state])
    expect((await api.ask({ url: `/v1/campaigns/${id}` })).json()).toMatchObject({ state })
    if (name === 'cancel') expect((await command(api, id, name)).statusCode).toBe(200)
  })

  it('takes effect while the index holds it open again and the retry has not been carried out', async () => {
    const { api, id, counts } = await reopened()
    standAt(api, id, { state: 'running', counts })
    const answer = await command(api, id, 'pause')
    expect([answer.statusCode, answer.json().state]).toEqual([200, 'paused'])
    expect(await api.keys(`campaigns/${id}/control/`)).toHaveLength(2)
  })
})

describe('cancel', () => {
  it('is refused when the last row is done before the index hears of it', async () => {
    const api = await apiWith(() => async (_app, _generation, id) => {
      standAt(api, id, NOTHING_PENDING)
      return 'final'
    })
    const answer = await command(api, await create(api), 'cancel')
    expect(answer.json()).toMatchObject({ ...ENDED, detail: expect.stringContaining('has ended') })
  })

  it('is a repeat when another cancel came first', async () => {
    const api = await apiWith((own) => async (...args) => {
      await own(...args)
      return 'final'
    })
    expect((await command(api, await create(api), 'cancel')).json()).toMatchObject({ state: 'cancelled' })
  })

  it('that stands in the log and was lost by the index is told to it again', async () => {
    const api = await createTestApi()
    const id = await create(api)
    await command(api, id, 'pause')
    await command(api, id, 'cancel')
    standAt(api, id, { state: 'paused', counts: { ...NOTHING_PENDING.counts, published: 0, pending: 2 } })
    expect((await command(api, id, 'resume')).json()).toMatchObject(ENDED)
    expect(api.fake.commands.at(-1)).toBe('2 cancelled')
  })
})
