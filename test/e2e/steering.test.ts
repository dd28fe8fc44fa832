/** What operators change while a campaign runs: its priority, and whether it goes on behind its canary. Every process is a real one. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Campaign, PAGE, type Row } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { sunpressOf } from './run-cli.js'
import type { Call } from './simulator-admin.js'

const [STEERED, CANARIES] = [appid(0), appid(1)]
/** 20 a second. */
const PER_MINUTE = 1_200

vi.setConfig({ testTimeout: 90_000 })

let works: Installation
let sunpress: ReturnType<typeof sunpressOf>
beforeAll(async () => {
  works = await startInstallation({ apps: 2, perMinute: PER_MINUTE })
  sunpress = sunpressOf(works.api.url)
  await works.startWorker()
})
afterAll(() => works?.stop())

async function print(app: string, prefix: string, many: number, fields: object = {}): Promise<string> {
  const scenes = Array.from({ length: many }, (_, n) => `${prefix}=${n}`)
  const made = await works.api.post<Campaign>(app, { scenes, look: { page: PAGE, width: 280 }, ...fields })
  expect(made.status).toBe(202)
  return made.body.id
}

const callsOf = async (app: string): Promise<Call[]> =>
  (await works.admin.calls(app)).toSorted((one, other) => one.at - other.at)
const isOf =
  (prefix: string) =>
  ({ scene }: Call): boolean =>
    scene?.startsWith(`${prefix}=`) === true

describe('sunpress campaign priority', () => {
  const [MANY, LATE] = [1_700, 100]
  /** Jobs that a worker has in hand, and what it takes until upkeep has carried the command out on a machine with much else to do. */
  const UNDER_WAY = 50 + 20 * (PER_MINUTE / 60)

  it('lets the waiting scenes of a campaign overtake those that were before them', async () => {
    const many = await print(STEERED, 'many', MANY)
    const late = await print(STEERED, 'late', LATE, { priority: 1 })
    await works.api.until(many, ({ counts }) => counts.published >= 40)
    const { stdout } = await sunpress('campaign', 'priority', late, '9', '--json')
    const commandedAtMs = Date.now()
    expect(JSON.parse(stdout)).toMatchObject({ id: late, priority: 9, state: 'running' })
    await works.api.completed(late)

    const calls = await callsOf(STEERED)
    const before = calls.filter(({ at }) => at < commandedAtMs)
    // As they came, hardly any would have its turn before the last of the others.
    expect(before.filter(isOf('late')).length).toBeLessThan(LATE / 4)
    const last = calls.findLastIndex(isOf('late'))
    const passed = calls.slice(before.length, last).filter(isOf('many')).length
    expect(passed).toBeLessThan(UNDER_WAY)
    expect(calls.slice(0, last).filter(isOf('many')).length).toBeLessThan(MANY / 2)
    expect(calls.filter(isOf('late'))).toHaveLength(LATE)
    await works.api.command(many, 'cancel')
  })
})

interface CanarySeen {
  readonly canary: number | null
  readonly same: number
  readonly different: number
  readonly items: readonly { readonly scene: string; readonly before: { readonly epoch: number } | null }[]
}

/** Exit code and output of `campaign canary`. */
const askCanary = (id: string, ...options: string[]): Promise<{ code: number; stdout: string }> =>
  sunpress('campaign', 'canary', id, ...options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout }),
  )

describe('a canary', () => {
  const [TOTAL, CANARY] = [12, 4]
  const epoch = (number: number) => ({ look: { page: PAGE, width: 280, epoch: number } })
  const callsFor = async (): Promise<number> => (await callsOf(CANARIES)).length

  /** A campaign that waits behind its first scenes. */
  async function printCanary(number: number): Promise<string> {
    const id = await print(CANARIES, 'c', TOTAL, { ...epoch(number), canary: CANARY })
    const { counts } = await works.api.until(id, ({ state }) => state === 'paused')
    expect(counts).toMatchObject({ published: CANARY, pending: TOTAL - CANARY })
    return id
  }

  it('tells that WeChat still answers with the old logo; cancelled, it costs no more than its first scenes', async () => {
    await works.api.completed(await print(CANARIES, 'c', TOTAL, epoch(1)))
    // The simulated WeChat draws the same for the same request, whatever our epoch.
    const id = await printCanary(2)
    const { code, stdout } = await askCanary(id)
    expect(code).toBe(3)
    expect(stdout.match(/as in the epoch before$/gm)).toHaveLength(CANARY)
    expect(stdout).toContain(`${CANARY} printed, ${CANARY} of them as in the epoch before`)
    const seen = JSON.parse((await askCanary(id, '--json')).stdout) as CanarySeen
    expect(seen).toMatchObject({ canary: CANARY, same: CANARY, different: 0 })
    expect(seen.items.map(({ scene, before }) => [scene, before?.epoch])).toEqual(
      ['c=0', 'c=1', 'c=2', 'c=3'].map((scene) => [scene, 1]),
    )
    await sunpress('campaign', 'cancel', id)
    const { counts } = await works.api.until(id, ({ counts: { cancelled } }) => cancelled > 0)
    expect(counts).toMatchObject({ published: CANARY, cancelled: TOTAL - CANARY })
    expect(await callsFor()).toBe(TOTAL + CANARY)
  })

  it('tells that the logo is another one, and a resume prints the rest without another stop', async () => {
    const [first, ...others] = await everyRow(CANARIES)
    // Other pictures stand under the codes of the epochs before: as if WeChat had drawn another logo then.
    for (const { key } of others)
      await copyFile(join(works.storeFolder, first?.key ?? ''), join(works.storeFolder, key))
    const id = await printCanary(3)
    const callsBefore = await callsFor()
    const { code, stdout } = await askCanary(id)
    expect(stdout).not.toMatch(/as in the epoch before$/m)
    expect(code).toBe(0)
    expect(JSON.parse((await askCanary(id, '--json')).stdout)).toMatchObject({ same: 0, different: CANARY })
    await sunpress('campaign', 'resume', id)
    const { counts } = await works.api.completed(id)
    expect(counts).toMatchObject({ published: TOTAL, reused: 0, refused: 0 })
    const rows = await works.api.rows(id)
    expect(rows.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([...Array(TOTAL).keys()])
    expect(await checkRows(rows, works.api.url)).toEqual([])
    expect(await callsFor()).toBe(callsBefore + TOTAL - CANARY)
  })

  /** Of all of an app's campaigns; the last one first, whose picture is of no canary. */
  async function everyRow(app: string): Promise<Row[]> {
    const { body } = await works.api.ask<{ items: Campaign[] }>('/v1/campaigns')
    const ids = body.items.filter((campaign) => campaign.app === app).map(({ id }) => id)
    const rows = (await Promise.all(ids.map((id) => works.api.rows(id)))).flat()
    return rows.toSorted((one, other) => other.index - one.index)
  }
})
