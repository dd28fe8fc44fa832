/** What signals do to a worker with calls in flight: an answer of WeChat's takes 2 s here. */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Campaign, PAGE, untilThere } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import type { Service } from './service.js'
import type { Call } from './simulator-admin.js'

const SHIM = fileURLToPath(new URL('../../node_modules/.bin/sunpress', import.meta.url))
const LATENCY_MS = 2_000
/** Guaranteed of its jobs. */
const BACK_WITHIN_MS = 15_000
/** From a job to its call, on a machine that has other things to do. */
const WORK_MS = 3_000
/** Less than a worker may take to drain. */
const SLOW_MS = 20_000
const SCENES = 250
/** Of a worker that is to be met with most of its calls unmade: they take 12 s, however late this process comes. */
const SLOW_PACE = 1_200

/** Each test has an app of its own, and workers that serve nothing else. */
describe('a worker with calls in flight', () => {
  let works: Installation
  beforeAll(async () => {
    works = await startInstallation({ latencyMs: LATENCY_MS })
    await warmUp(works.simulator.url)
  })
  afterAll(() => works?.stop())

  /** A campaign of which ten calls are in flight and most haven't been made. The first one, which asks about the page, is answered. */
  async function begin(app: string): Promise<Campaign> {
    const { body } = await works.api.post(app, { scenes: Array.from({ length: SCENES }, (_, n) => `s=${n}`) })
    await untilThere(async () => ((await works.admin.calls(app)).length >= 11 ? true : null))
    return body
  }

  async function expectEachOnce({ id }: Campaign): Promise<void> {
    const { counts } = await works.api.completed(id)
    expect(counts).toMatchObject({ published: SCENES, reused: 0, refused: 0 })
    const rows = await works.api.rows(id)
    expect(new Set(rows.map(({ index }) => index)).size).toBe(SCENES)
    expect(rows).toHaveLength(SCENES)
    expect(await checkRows(rows, works.api.url)).toEqual([])
  }

  /** Drawing a first picture takes the simulator so long that calls would queue up in front of it, and be noted late. */
  async function warmUp(url: string): Promise<void> {
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    const asked = { grant_type: 'client_credential', appid: appid(5), secret: 'an-app-secret' }
    const token = (await (await post('/cgi-bin/stable_token', asked)).json()) as { access_token: string }
    const path = `/wxa/getwxacodeunlimit?access_token=${token.access_token}`
    const calls = Array.from({ length: 400 }, (_, n) => post(path, { scene: `w=${n}`, page: PAGE }))
    for (const call of calls) await (await call).arrayBuffer()
  }

  it('drains after SIGTERM: no new call, each call in flight published, the rest left as it was', async () => {
    const app = appid(0)
    const worker = await works.startWorker({ apps: [app], perMinute: SLOW_PACE })
    const campaign = await begin(app)
    process.kill(worker.pid, 'SIGTERM')
    await worker.wrote('"msg":"stopping"')
    const written = await works.admin.callsWritten(app)
    expect(await worker.exited).toBe('exit 0')

    const calls = await works.admin.calls(app)
    expect(calls).toHaveLength(written.length)
    const { counts } = await works.api.campaign(campaign.id)
    expect(counts).toMatchObject({ published: calls.length, pending: SCENES - calls.length })
    expect(counts.pending).toBeGreaterThan(0)
    expect(await spentAttempts(app)).toEqual(new Set([0]))

    await works.startWorker({ apps: [app] })
    await expectEachOnce(campaign)
    expect(scenesOf(await works.admin.calls(app))).toHaveLength(SCENES)
  })

  it('takes two SIGINT within a second for one', async () => {
    const app = appid(1)
    const worker = await works.startWorker({ apps: [app], perMinute: SLOW_PACE })
    const campaign = await begin(app)
    deliverInterrupt(worker.pid)
    deliverInterrupt(worker.pid)
    expect(await worker.exited).toBe('exit 0')
    const { counts } = await works.api.campaign(campaign.id)
    expect(counts.published).toBe((await works.admin.calls(app)).length)
    await works.api.command(campaign.id, 'cancel')
  })

  it.concurrent('ends at once on a signal that comes later; what it had in hand waits for another worker', async () => {
    const app = appid(2)
    const worker = await works.startWorker({ apps: [app], perMinute: SLOW_PACE })
    const campaign = await begin(app)
    // What is called for from now on outlasts both signals, however slow this machine is.
    await works.admin.order([{ kind: 'slow_headers', delayMs: SLOW_MS, match: { appid: app } }])
    const before = (await works.admin.calls(app)).length
    await untilThere(async () => ((await works.admin.calls(app)).length >= before + 10 ? true : null))
    process.kill(worker.pid, 'SIGTERM')
    await worker.wrote('"msg":"stopping"')
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    process.kill(worker.pid, 'SIGTERM')
    expect(await worker.exited).toBe('exit 1')
    // It has not waited for what was in flight.
    const { published } = (await works.api.campaign(campaign.id)).counts
    expect(published).toBeLessThan((await works.admin.calls(app)).length)
    await works.admin.order([])
    await works.startWorker({ apps: [app] })
    await expectEachOnce(campaign)
  })

  it.concurrent('gives its jobs to another worker within 15 s of kill -9', async () => {
    const app = appid(3)
    const doomed = await works.startWorker({ apps: [app], perMinute: SLOW_PACE })
    const campaign = await begin(app)
    // There before, so that its start is not of the time that is promised.
    await works.startWorker({ apps: [app] })
    const killedAtMs = Date.now()
    await doomed.kill('SIGKILL')
    await expectEachOnce(campaign)
    const calls = await works.admin.calls(app)
    const before = scenesOf(calls.filter(({ at }) => at <= killedAtMs))
    const again = calls.filter(({ scene, at }) => before.includes(scene ?? '') && at > killedAtMs)
    expect(new Set(scenesOf(again)).size).toBeGreaterThanOrEqual(10)
    expect(Math.max(...again.map(({ at }) => at)) - killedAtMs).toBeLessThan(BACK_WITHIN_MS + WORK_MS)
  })

  it.concurrent('is one process, whose pid is that of the command', async () => {
    const worker = await works.startWorker({ apps: [appid(4)], command: [SHIM] })
    const { pid } = worker
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/^node\0.*sunpress\.js\0worker/)
    expect(worker.everything()).toContain('"role":"worker"')
    await stop(worker)
  })

  /** Attempts that BullMQ has counted against the jobs of a lane, as it keeps them. */
  async function spentAttempts(app: string): Promise<Set<number>> {
    const redis = new Redis(works.redisUrl)
    try {
      const spent = new Set<number>()
      for (const key of await redis.keys(`sunpress:{${app}}:unlimited:*.*`)) {
        const { atm = '0', stc = '0', data } = await redis.hgetall(key)
        expect(data).toContain('"s=')
        spent.add(Number(atm) + Number(stc))
      }
      return spent
    } finally {
      redis.disconnect()
    }
  }
})

/** Comes back when the process has taken it: one that is sent before would be the same to the kernel, and one much later another. */
function deliverInterrupt(pid: number): void {
  process.kill(pid, 'SIGINT')
  const isPending = (): boolean => {
    const mask = /^ShdPnd:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals.SIGINT - 1))) !== 0n
  }
  while (isPending());
}

const scenesOf = (calls: readonly Call[]): string[] => calls.map(({ scene }) => scene ?? '')

async function stop(worker: Service): Promise<void> {
  process.kill(worker.pid, 'SIGTERM')
  expect(await worker.exited).toBe('exit 0')
}
