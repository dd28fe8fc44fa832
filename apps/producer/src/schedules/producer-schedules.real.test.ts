import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@sunpress/client'
import { type App, type AppId, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { openAppBook, readProducerConfig } from '@sunpress/runtime'
import { createLogger } from '@sunpress/telemetry'
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest'
import { composeProducer } from '../compose.js'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-schedules-'))
const namespace = `s${process.pid}${Date.now().toString(36)}`
const APP_ID = 'wx00000000000000ab' as AppId
const APP: App = {
  appid: APP_ID,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('x'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}

const seen: (string | undefined)[] = []
const company = createServer((request, response) => {
  seen.push(request.headers.authorization)
  response.end('"s=1"\n"s=2"\n')
})
await new Promise<void>((resolve) => company.listen(0, '127.0.0.1', resolve))
const host = `127.0.0.1:${(company.address() as AddressInfo).port}`

const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})
afterAll(() => {
  company.closeAllConnections()
  company.close()
  rmSync(folder, { recursive: true })
})

async function start(): Promise<{ client: Client; metricsUrl: string; stop: () => Promise<unknown> }> {
  const env = {
    ...{ REDIS_URL: inject('redisUrl'), SUNPRESS_NAMESPACE: namespace, SUNPRESS_STORE: `file:${folder}` },
    ...{ PORT: '0', METRICS_PORT: '0', SUNPRESS_SOURCE_ALLOW_PRIVATE: host, SOURCE_SHOPS: 'Bearer of-shops' },
  }
  let [url, metricsUrl] = ['', '']
  const lifecycle = composeProducer({
    config: readProducerConfig(env),
    apps: openAppBook(() => ({ apps: [APP], components: [] }), { changed: () => {}, rejected: () => {} }),
    logger: createLogger({ role: 'producer', level: 'info', sink: { write: () => {} } }),
    env,
    overrides: {
      onReady: (given) => {
        url = given.url
        metricsUrl = given.metricsUrl
      },
    },
  })
  await lifecycle.start()
  const stop = () => lifecycle.stop()
  running.push(stop)
  return { client: createClient({ url }), metricsUrl, stop }
}

const SCHEDULE = {
  app: APP_ID,
  // Half a day from now: only what is asked for runs.
  cron: `30 ${(new Date().getUTCHours() + 8 + 12) % 24} * * *`,
  timeZone: 'Asia/Shanghai',
  look: { page: 'pages/index/index' },
  source: {
    kind: 'url',
    url: `http://${host}/rows`,
    format: 'ndjson',
    headers: { authorization: 'env:SOURCE_SHOPS' },
  },
} as const

describe('schedules of a producer', () => {
  it('are put, run, looked at and removed by the client', async () => {
    const { client, metricsUrl } = await start()
    expect(await client.putSchedule('stores', SCHEDULE)).toMatchObject({ name: 'stores', lastRun: null })
    const asked = await client.runSchedule('stores')
    await expect.poll(async () => (await client.getSchedule('stores')).lastRun?.outcome).toBe('created')
    expect(await client.getCampaign(asked.campaign)).toMatchObject({ state: 'running', counts: { total: 2 } })
    expect((await client.scheduleRunsPage('stores')).items).toMatchObject([{ manual: true, total: 2 }])
    expect(seen).toEqual(['Bearer of-shops'])
    // Counted behind the record that was read.
    const metrics = async () => await (await fetch(metricsUrl)).text()
    await expect.poll(metrics).toMatch(/sunpress_schedule_runs_total\{.*outcome="created".*\} 1/)
    expect((await client.controlSchedule('stores', 'pause')).nextRunAt).toBeNull()
    expect((await client.controlSchedule('stores', 'resume')).nextRunAt).not.toBeNull()
    expect((await client.listSchedules()).items.map(({ name }) => name)).toEqual(['stores'])
    await client.deleteSchedule('stores')
    await expect(client.getSchedule('stores')).rejects.toMatchObject({ status: 404 })
    expect((await client.scheduleRunsPage('stores')).items.length).toBe(1)
  })

  it('go on in whichever producer starts next', async () => {
    const first = await start()
    await first.client.putSchedule('later', {
      ...SCHEDULE,
      source: { kind: 'range', template: 't={n}', from: 1, to: 5 },
    })
    await first.stop()
    const [second, third] = await Promise.all([start(), start()])
    const asked = await second.client.runSchedule('later')
    await expect.poll(async () => (await third.client.getSchedule('later')).lastRun?.outcome).toBe('created')
    expect(await third.client.getCampaign(asked.campaign)).toMatchObject({ counts: { total: 5 } })
  })
})
