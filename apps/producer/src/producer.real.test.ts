import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type AppId, type CampaignId, DEFAULT_QUOTAS, Secret, WaitFault } from '@sunpress/core'
import { appKeys, connectRedis } from '@sunpress/redis'
import { ConfigFault, openAppBook, readProducerConfig } from '@sunpress/runtime'
import { createLogger } from '@sunpress/telemetry'
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest'
import { composeProducer } from './compose.js'
import type { ApiContext } from './context.js'
import type { Campaign } from './schemas/campaign.js'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-producer-'))
const namespace = `p${process.pid}${Date.now().toString(36)}`
const redis = connectRedis({ url: inject('redisUrl'), purpose: 'command', name: 'test' })
const APP_ID = 'wx00000000000000aa' as AppId
const APP: App = {
  appid: APP_ID,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('x'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}

interface Running {
  readonly url: string
  readonly metricsUrl: string
  readonly lines: Record<string, unknown>[]
  stop(): Promise<void>
}

const running: Running[] = []

async function start(
  env: Record<string, string> = {},
  context: (given: ApiContext) => ApiContext = (given) => given,
): Promise<Running> {
  const config = readProducerConfig({
    REDIS_URL: inject('redisUrl'),
    SUNPRESS_NAMESPACE: namespace,
    SUNPRESS_STORE: `file:${folder}`,
    PORT: '0',
    METRICS_PORT: '0',
    ...env,
  })
  const lines: Record<string, unknown>[] = []
  const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const logger = createLogger({ role: 'producer', level: 'info', sink })
  let addresses = { url: '', metricsUrl: '' }
  const lifecycle = composeProducer({
    config,
    apps: openAppBook(() => ({ apps: [APP], components: [] }), { changed: () => {}, rejected: () => {} }),
    logger,
    overrides: {
      context,
      onReady: (given) => {
        addresses = given
      },
    },
  })
  await lifecycle.start()
  const service = { ...addresses, lines, stop: () => lifecycle.stop() }
  running.push(service)
  return service
}

afterEach(async () => {
  for (const service of running.splice(0)) await service.stop()
})
afterAll(() => {
  redis.disconnect()
  rmSync(folder, { recursive: true })
})

const QUERY = `app=${APP_ID}&page=pages/index/index`
const postCsv = (url: string, body: string, headers = {}) =>
  fetch(`${url}/v1/campaigns?${QUERY}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/csv', ...headers },
  })

/** A campaign, or a list of them: all that is read of answers here. */
type Answered = Campaign & { readonly items: readonly Campaign[] }

const json = async (answer: Response | Promise<Response>): Promise<Answered> =>
  (await (await answer).json()) as Answered

/** Ids of campaigns of which at least so many rows are written, and that go on being uploaded. */
const uploadedTo = async (url: string, rows: number): Promise<string[]> =>
  (await json(fetch(`${url}/v1/campaigns`))).items
    .filter(({ state, counts }) => state === 'planning' && counts.total >= rows)
    .map(({ id }) => id)

describe('a producer over a real Redis and a file store', () => {
  it('says that it is ready, with its addresses', async () => {
    const { url, metricsUrl, lines } = await start()
    expect(lines.at(-1)).toMatchObject({ msg: 'ready', role: 'producer', url, metricsUrl })
    await fetch(`${url}/v1/apps`)
    // Counted behind the answer.
    const metrics = async () => await (await fetch(metricsUrl)).text()
    await expect.poll(metrics).toMatch(/sunpress_http_requests_total\{.*route="\/v1\/apps"/)
    expect((await fetch(metricsUrl.replace('/metrics', '/readyz'))).status).toBe(200)
  })

  it('makes a campaign of a stream, lists it, steers it, and knows it in a second life', async () => {
    const { url, stop } = await start()
    const rows = Array.from({ length: 12_000 }, (_, n) => `s=${n}`).join('\n')
    const made = await json(postCsv(url, `scene\n${rows}\n`))
    expect(made).toMatchObject({ state: 'running', counts: { total: 12_000 } })
    expect((await json(fetch(`${url}/v1/campaigns`))).items[0]?.id).toBe(made.id)
    expect((await json(fetch(`${url}/v1/campaigns/${made.id}/pause`, { method: 'POST' }))).state).toBe(
      'paused',
    )
    await stop()
    const second = await start()
    const read = await json(fetch(`${second.url}/v1/campaigns/${made.id}`))
    expect(read).toMatchObject({ state: 'paused', counts: { total: 12_000, pending: 12_000 } })
    expect(await json(fetch(`${second.url}/v1/campaigns/${made.id}/manifest`))).toMatchObject({ items: [] })
    const cancelled = await json(fetch(`${second.url}/v1/campaigns/${made.id}/cancel`, { method: 'POST' }))
    expect(cancelled.counts).toMatchObject({ cancelled: 12_000, pending: 0 })
  })

  it('gives the first answer again when Redis has lost everything of ours', async () => {
    const { url } = await start()
    const key = { 'idempotency-key': 'order-1' }
    const first = await json(postCsv(url, 'scene\ns=1\n', key))
    const keys = await redis.keys(`${namespace}:*`)
    await redis.del(keys)
    expect(await json(postCsv(url, 'scene\ns=1\n', key))).toEqual(first)
    expect((await postCsv(url, 'scene\ns=2\n', key)).status).toBe(422)
  })

  it('answers 409 at a second producer while the first is at it', async () => {
    const [first, second] = [await start(), await start()]
    const { hostname, port } = new URL(first.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /v1/campaigns?${QUERY} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/csv\r\nIdempotency-Key: order-5\r\nContent-Length: 11\r\n\r\nscene\n`,
    )
    await untilThere(() => redis.keys(`${namespace}:{requests}:*`), 2)
    expect((await postCsv(second.url, 'scene\ns=17\n', { 'idempotency-key': 'order-5' })).status).toBe(409)
    const answered = new Promise((resolve) => socket.once('data', resolve))
    socket.write('s=17\n')
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 202/)
    socket.destroy()
    expect((await postCsv(second.url, 'scene\ns=17\n', { 'idempotency-key': 'order-5' })).status).toBe(202)
  })

  it('leaves no lease of a request behind', async () => {
    const { url } = await start()
    await postCsv(url, 'scene\ns=1\n', { 'idempotency-key': 'order-2' })
    expect(await redis.keys(`${namespace}:{requests}:*`)).toEqual([`${namespace}:{requests}:fence`])
  })

  it('answers 409 to the same key while the body of the first still streams, and makes nothing when that is cut off', async () => {
    const { url } = await start()
    const before = (await json(fetch(`${url}/v1/campaigns?limit=1000`))).items.length
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const rows = `scene\n${Array.from({ length: 30_000 }, (_, n) => `s=${n}`).join('\n')}\n`
    socket.write(
      `POST /v1/campaigns?${QUERY} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/csv\r\nIdempotency-Key: order-3\r\nContent-Length: ${rows.length + 100}\r\n\r\n${rows}`,
    )
    const lease = await untilThere(() => redis.keys(`${namespace}:{requests}:*`), 2)
    expect((await postCsv(url, rows, { 'idempotency-key': 'order-3' })).status).toBe(409)
    const id = await untilThere(() => uploadedTo(url, 10_000), 1)
    expect(await json(fetch(`${url}/v1/campaigns/${id}`))).toMatchObject({
      state: 'planning',
      finishedAt: null,
    })
    socket.destroy()
    await untilThere(async () => ((await redis.exists(lease)) === 0 ? ['gone'] : []), 1)
    expect((await json(fetch(`${url}/v1/campaigns?limit=1000`))).items).toHaveLength(before)
    expect((await json(postCsv(url, rows, { 'idempotency-key': 'order-3' }))).counts.total).toBe(30_000)
  })

  it('takes nothing away from a campaign that another producer made when Redis had lost the lease', async () => {
    let tellReleased = () => {}
    const released = new Promise<void>((resolve) => {
      tellReleased = resolve
    })
    let [claims, isMadeByOther] = [0, false]
    const first = await start({}, ({ leases, ...context }) => ({
      ...context,
      leases: {
        async claim(...args) {
          // Renewed before the other has asked for it, the lease would not have been lost.
          if (claims++ > 0 && !isMadeByOther) throw new WaitFault('redis_unavailable', 'away', 0)
          return await leases.claim(...args)
        },
        async release(...args) {
          await leases.release(...args)
          if (args[0].lease.includes('{requests}')) tellReleased()
        },
      },
    }))
    const second = await start()
    const { hostname, port } = new URL(first.url)
    const socket = connect(Number(port), hostname)
    const rows = `scene\n${Array.from({ length: 30_000 }, (_, n) => `t=${n}`).join('\n')}\n`
    const head = `Host: ${hostname}\r\nContent-Type: text/csv\r\nIdempotency-Key: order-6\r\nContent-Length: ${rows.length}`
    socket.write(`POST /v1/campaigns?${QUERY} HTTP/1.1\r\n${head}\r\n\r\n${rows.slice(0, -100)}`)
    const lease = await untilThere(() => redis.keys(`${namespace}:{requests}:*`), 2)
    // Behind its second part it writes no more: what it is still writing stands in the folder, too.
    const begun = await untilThere(() => uploadedTo(first.url, 20_000), 1)
    const key = { 'idempotency-key': 'order-6' }
    await redis.del(lease)
    const { id } = await json(postCsv(second.url, rows, key))
    expect(id).toBe(begun)
    isMadeByOther = true
    const parts = `${folder}/campaigns/${id}/scenes`
    expect(readdirSync(parts)).toHaveLength(3)
    socket.destroy()
    await released
    expect(readdirSync(parts)).toHaveLength(3)
    expect((await json(postCsv(second.url, rows, key))).id).toBe(id)
    expect((await postCsv(second.url, 'scene\nother\n', key)).status).toBe(422)
  })

  it('tells a client that sends too much JSON why, though it is still sending', async () => {
    const { url } = await start()
    const answer = await fetch(`${url}/v1/campaigns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ app: APP.appid, scenes: Array.from({ length: 2_000_000 }, (_, n) => `s=${n}`) }),
    })
    expect(answer.status).toBe(413)
    expect(((await answer.json()) as { detail: string }).detail).toMatch(/text\/csv|stream/)
  })

  it('lets a request end before it stops, and takes no new one', async () => {
    const { url, stop } = await start()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const answer = new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (data) => {
        text += String(data)
      })
      socket.on('close', () => resolve(text))
    })
    socket.write(
      `POST /v1/campaigns?${QUERY} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/csv\r\nIdempotency-Key: order-4\r\nContent-Length: 11\r\n\r\nscene\n`,
    )
    await untilThere(() => redis.keys(`${namespace}:{requests}:*`), 2)
    const stopped = stop()
    await untilThere(async () => ((await fetch(url).catch(() => null)) === null ? ['closed'] : []), 1)
    socket.write('s=17\n')
    expect(await answer).toMatch(/^HTTP\/1\.1 202/)
    await stopped
  })

  it('runs upkeep, which finds a campaign that nobody announced', async () => {
    const deaf = await start({}, (context) => ({
      ...context,
      index: { ...context.index, open: async () => 'rebuild' },
    }))
    const { id } = await json(postCsv(deaf.url, 'scene\ns=1\n'))
    await deaf.stop()
    await start()
    const key = appKeys(namespace, APP_ID).campaign(id as CampaignId)
    expect(await untilThere(() => redis.keys(key.replace(/[{}]/g, '?')), 1)).toBe(key)
  })

  it('answers what is no HTTP with a problem', async () => {
    const { url } = await start()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
    socket.write('NONSENSE\r\n\r\n')
    expect(await answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/)
    socket.destroy()
  })
})

describe('readProducerConfig', () => {
  it('refuses to listen beyond the loopback without API keys', () => {
    expect(() => readProducerConfig({ HOST: '0.0.0.0' })).toThrow(ConfigFault)
    expect(() => readProducerConfig({ HOST: '0.0.0.0' })).toThrow(/HOST/)
  })
})

/** Asks again until there are so many; gives the one that isn't the fence. */
async function untilThere(ask: () => Promise<string[]>, many: number): Promise<string> {
  for (;;) {
    const found = await ask()
    if (found.length >= many) return found.find((name) => !name.endsWith(':fence')) ?? ''
    await new Promise((resolve) => setImmediate(resolve))
  }
}
