import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.js'
import { type MetricsServer, type MetricsServerOptions, startMetricsServer } from './metrics-server.js'

const well = () => ({ ok: true, why: null })
const open: MetricsServer[] = []

async function listen(server: Server) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function start(options: Partial<MetricsServerOptions> = {}): Promise<MetricsServer> {
  const metrics = createMetrics({ role: 'worker', version: '1', ofTheProcess: false })
  metrics.count('scenes', { app: 'wx1', outcome: 'published' })
  const server = await startMetricsServer({ metrics, liveness: well, readiness: well, listen, ...options })
  open.push(server)
  return server
}

afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

describe('the metrics server', () => {
  it('shows the same counters at every scrape, whatever format is asked for', async () => {
    const { url } = await start()
    for (const accept of ['text/plain', 'application/openmetrics-text; version=1.0.0', '*/*']) {
      const response = await fetch(`${url}/metrics`, { headers: { accept } })
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(await response.text()).toContain('sunpress_scenes_total{app="wx1",outcome="published"} 1\n')
    }
  })

  it('answers 503 with the reason when the process is not well', async () => {
    const { url } = await start({
      liveness: () => ({ ok: false, why: 'stuck' }),
      readiness: async () => well(),
    })
    const live = await fetch(`${url}/livez`)
    expect(live.status).toBe(503)
    expect(await live.json()).toEqual({ ok: false, why: 'stuck' })
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  it('answers 503 when it can’t find out, telling nothing of why', async () => {
    const { url } = await start({ readiness: () => Promise.reject(new Error('redis://:hunter22@h')) })
    const response = await fetch(`${url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('hunter22')
  })

  it('answers 500 when the metrics can’t be rendered', async () => {
    const metrics = { contentType: 'text/plain', render: () => Promise.reject(new Error('broken')) }
    const { url } = await start({ metrics })
    expect((await fetch(`${url}/metrics`)).status).toBe(500)
  })

  it('answers nothing else', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${url}/metrics?a=b`)).status).toBe(200)
  })

  it('closes although a scraper keeps its connection, and twice without harm', async () => {
    const listening: Server[] = []
    const server = await start({
      listen: (given) => {
        listening.push(given)
        return listen(given)
      },
    })
    await (await fetch(`${server.url}/livez`)).text()
    await server.close()
    await server.close()
    // Not by asking there: the port may be another's by now.
    expect(listening.map((given) => given.listening)).toEqual([false])
  })
})
