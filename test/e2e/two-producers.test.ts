/** Two producers over the same apps, either of which may lead, and one that is stopped and woken. Every process is a real one. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Api, type Campaign, createApi, PAGE, tick, untilThere } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { closedRows, filesOf, type Leaders, watchLeaders } from './leaders.js'
import type { Service } from './service.js'
import { isPending } from './simulator-admin.js'

vi.setConfig({ testTimeout: 120_000 })

const SHARED = [appid(0), appid(1), appid(2)]
const STOPPED = appid(3)
/** 20 a second and app. */
const PER_MINUTE = 1_200

let works: Installation
let producers: readonly [Service, Service]
let leaders: Leaders
beforeAll(async () => {
  works = await startInstallation({ apps: 4, perMinute: PER_MINUTE })
  producers = [works.producer, await works.startProducer()]
  leaders = watchLeaders(works.redisUrl, producers)
  await Promise.all([works.startWorker(), works.startWorker()])
})
afterAll(async () => {
  leaders?.close()
  await works?.stop()
})

const scenesOf = (prefix: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${prefix}=${n}`)
const upTo = (many: number): number[] => Array.from({ length: many }, (_, n) => n)

async function print(api: Api, app: string, scenes: readonly string[]): Promise<string> {
  const made = await api.post<Campaign>(app, { scenes, look: { page: PAGE, width: 280 } })
  expect(made.status).toBe(202)
  return made.body.id
}

/** Numbers without a gap, each scene in one row, in the ledger as in the API, at one call each. */
async function expectOneRowEach(id: string, app: string, prefix: string, total: number): Promise<void> {
  const { counts } = await works.api.completed(id)
  expect(counts).toMatchObject({ total, published: total, refused: 0, cancelled: 0, pending: 0 })
  const closed = await closedRows(works.storeFolder, id)
  expect(closed.map(({ n }) => n)).toEqual(upTo(total).map((n) => n + 1))
  expect(closed.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(upTo(total))
  const rows = await works.api.rows(id)
  expect(rows.map(({ n, index }) => [n, index])).toEqual(closed.map(({ n, index }) => [n, index]))
  expect(await checkRows(rows, works.api.url)).toEqual([])
  const calls = (await works.admin.calls(app)).filter(({ scene }) => scene?.startsWith(`${prefix}=`))
  expect(calls).toHaveLength(total)
}

describe('two producers that take the lead from each other all the time', () => {
  const TOTAL = 120
  it('do no harm: each scene of each app has one row', async () => {
    const ids = await Promise.all(
      SHARED.map((app, at) =>
        print(createApi(producers[at % 2 === 0 ? 0 : 1].url), app, scenesOf('s', TOTAL)),
      ),
    )
    const led = new Map(SHARED.map((app) => [app, new Set<number>()]))
    const isOver = Promise.all(ids.map((id) => works.api.completed(id))).then(() => true)
    const turnsAreOver = (): boolean => [...led.values()].every(({ size }) => size === 2)
    // Whoever had it may be in the middle of a turn. Who leads next is left to chance: it may take longer than the campaigns.
    while (!(await Promise.race([isOver, tick(50).then(() => false)])) || !turnsAreOver())
      for (const app of SHARED) {
        const leader = await leaders.leaderOf(app)
        if (leader !== undefined) led.get(app)?.add(leader.pid)
        await leaders.takeLease(app)
      }
    for (const [at, id] of ids.entries()) await expectOneRowEach(id, SHARED[at] ?? '', 's', TOTAL)
    expect(rebuilds()).toHaveLength(SHARED.length + 1)
  })
})

/** The first of each app is no harm. */
const rebuilds = (): string[] =>
  producers
    .flatMap((each) => each.everything().split('\n'))
    .filter((line) => line.includes('"index rebuilt"'))

describe('a leader that is stopped for longer than its lease, and woken', () => {
  it('changes nothing of what another has led to meanwhile, and goes on serving', async () => {
    const ended = await print(works.api, STOPPED, scenesOf('ended', 120))
    const steered = await print(works.api, STOPPED, scenesOf('steered', 400))
    await works.api.until(ended, ({ counts }) => counts.published >= 40)
    const stopped = await untilThere(async () => (await leaders.leaderOf(STOPPED)) ?? null)
    const other = producers.find((each) => each !== stopped) ?? stopped
    const [apiOfStopped, api] = [createApi(stopped.url), createApi(other.url)]

    process.kill(stopped.pid, 'SIGSTOP')
    const { counts } = await api.campaign(ended)
    expect(counts.pending).toBeGreaterThan(0)
    // Nobody leads yet.
    await api.until(steered, (campaign) => campaign.counts.published >= 20)
    expect((await api.command(steered, 'pause')).status).toBe(200)
    await api.completed(ended)
    expect(await leaders.leaderOf(STOPPED)).toBe(other)
    await expect.poll(() => withoutRow(api, steered)).toBe(0)
    const before = await look(api, { ended, steered })
    expect([before.ended.state, before.steered.state]).toEqual(['completed', 'paused'])

    process.kill(stopped.pid, 'SIGCONT')
    // Its turn goes on where it was stopped, and so does the API.
    expect(await look(apiOfStopped, { ended, steered })).toEqual(before)
    const through = await print(apiOfStopped, STOPPED, scenesOf('through', 30))
    await expectOneRowEach(through, STOPPED, 'through', 30)
    expect(await leaders.leaderOf(STOPPED)).toBe(other)
    expect(await look(api, { ended, steered })).toEqual(before)

    // It leads again: whatever it had begun before it was stopped has come to its end.
    await other.kill('SIGTERM')
    await expect.poll(() => leaders.leaderOf(STOPPED)).toBe(stopped)
    expect(await look(apiOfStopped, { ended, steered })).toEqual(before)
    await apiOfStopped.command(steered, 'resume')
    await apiOfStopped.completed(steered)
    expect((await apiOfStopped.rows(steered)).map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      upTo(400),
    )
    expect((await look(apiOfStopped, { ended, steered })).files).toEqual(before.files)
  })

  /** Calls of the campaign whose picture has no row yet. */
  const withoutRow = async (api: Api, id: string): Promise<number> => {
    const calls = (await works.admin.callsWritten(STOPPED)).filter(
      (call) => isPending(call) || call.scene?.startsWith('steered='),
    )
    return calls.length - (await api.campaign(id)).counts.published
  }

  async function look(api: Api, { ended, steered }: { ended: string; steered: string }) {
    const rowsOf = async (id: string) =>
      (await api.rows(id)).map(({ n, index, sha256 }) => [n, index, sha256])
    return {
      ended: await api.campaign(ended),
      steered: await api.campaign(steered),
      rows: [await rowsOf(ended), await rowsOf(steered)],
      /** Parts, index, report, control log. */
      files: await filesOf(works.storeFolder, ended),
      calls: (await works.admin.calls(STOPPED)).filter(({ scene }) => /^(ended|steered)=/.test(scene ?? ''))
        .length,
    }
  }
})
