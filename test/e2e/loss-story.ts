/**
 * One installation whose Redis loses what it holds while campaigns stand as they may: printed in part, paused, cancelled, completed,
 * opened again, given another priority. Tells what was before, and what has become of each. The story takes a minute and more: a
 * lane whose last calls nobody knows is held for one.
 */
import { expect } from 'vitest'
import { type Campaign, PAGE, type Row, tick } from './api.js'
import { writeAppsFile } from './apps-file.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { keepSnapshot, type Loss, lose, waitingIn } from './redis-losses.js'
import { sunpressOf } from './run-cli.js'
import { type Call, isPending, lastAtMs } from './simulator-admin.js'

/** More than are printed until somebody who is slow has given his command. */
const MANY = 1_000
const SCENES = {
  half: 160,
  paused: 120,
  cancelled: MANY,
  /** Cancelled in the moment of the loss: no leader has seen it. */
  dropped: MANY,
  completed: 30,
  /** Completed with refusals, and opened by a retry in the moment of the loss. */
  reopened: 24,
  /** Of the lowest priority until the moment of the loss. */
  urgent: 40,
} as const
export type Name = keyof typeof SCENES
export const NAMES = Object.keys(SCENES) as Name[]
export const total = (name: Name): number => SCENES[name]
/** Of `reopened`, by their scenes. */
const REFUSED = '^reopened=.*[02468]$'
const REFUSED_SCENES = 12

const [FIRST, SECOND, THIRD] = [appid(0), appid(1), appid(2)]
const APP_OF: Readonly<Record<Name, string>> = {
  ...{ half: FIRST, paused: FIRST, cancelled: FIRST, urgent: FIRST },
  ...{ completed: SECOND, reopened: SECOND, dropped: THIRD },
}
/** Until the loss, 8 a second and app: whoever is slow finds each campaign in the middle, even if he comes ten seconds late. */
const SLOWLY = 480
/** What is left afterwards. */
const QUICKLY = 3_000
/** For half a second a worker believes what it last heard of a campaign, and a permit is good for less. */
const UNHEARD_MS = 1_000
/** Some calls are always in flight. */
const LATENCY_MS = 500

export interface Standing {
  readonly campaign: Campaign & { readonly priority: number }
  readonly rows: readonly Row[]
  /** Of its scenes that were not refused by order. */
  readonly calls: readonly Call[]
}
export type Standings = Readonly<Record<Name, Standing>>

export interface LossStory {
  readonly before: Standings
  /** While the paused one was still paused and all others had ended. */
  readonly rested: Standings
  readonly after: Standings
  /** When the last call came that was written before everybody had heard of the loss. */
  readonly heardAtMs: number
  /** Of each rebuild since. */
  readonly reasons: readonly string[]
  /** What is wrong with pictures, row by row. */
  readonly defects: readonly string[]
  /** Of `sunpress verify`, campaign by campaign. */
  readonly verified: readonly { readonly code: number; readonly output: string }[]
  /** Of commands to the cancelled one, afterwards: resume, cancel. */
  readonly commandsToCancelled: readonly number[]
}

export async function tellLoss(loss: Loss): Promise<LossStory> {
  const works = await startInstallation({ apps: 3, perMinute: SLOWLY, latencyMs: LATENCY_MS })
  try {
    await works.admin.tell('PUT', '/limits', { perMinute: QUICKLY })
    await Promise.all([works.startWorker(), works.startWorker()])
    return await tell(works, loss)
  } finally {
    await works.stop()
  }
}

type Ids = Readonly<Record<Name, string>>

async function tell(works: Installation, loss: Loss): Promise<LossStory> {
  const { api, producer } = works
  const early = await begin(works)
  await keepSnapshot(works.redis)
  const ids = await steer(works, early)
  const before = await look(works, ids)
  const saidBefore = producer.everything().length
  await (loss === 'an older snapshot restored' ? loseUnled(works) : lose(works.redis, loss))
  await tick(UNHEARD_MS)
  const heardAtMs = lastAtMs(await works.admin.callsWritten())
  await hurry(works)

  for (const name of ['half', 'reopened', 'urgent'] as const) await api.completed(ids[name])
  await api.until(ids.dropped, hasEnded)
  const rested = await look(works, ids)
  const commandsToCancelled = [
    (await api.command(ids.cancelled, 'resume')).status,
    (await api.command(ids.cancelled, 'cancel')).status,
  ]
  await api.command(ids.paused, 'resume')
  await api.completed(ids.paused)
  const after = await look(works, ids)
  return {
    ...{ before, rested, after, heardAtMs, commandsToCancelled },
    reasons: rebuildsIn(producer.everything().slice(saidBefore)),
    defects: (await Promise.all(NAMES.map((name) => checkRows(after[name].rows, api.url)))).flat(),
    verified: await Promise.all(NAMES.map((name) => verify(works, ids[name]))),
  }
}

/** Its report is written: no row is to come. */
const hasEnded = ({ finishedAt }: Campaign): boolean => finishedAt !== null

/** Each process reads the file again within seconds. */
const hurry = ({ env }: Installation): Promise<void> =>
  writeAppsFile(
    env['SUNPRESS_APPS_FILE'] ?? '',
    [FIRST, SECOND, THIRD].map((app) => ({ appid: app, quotas: { perMinute: QUICKLY } })),
  )

/** Nobody leads when Redis is back with its old snapshot: workers come first, and find jobs that were wanted then. */
async function loseUnled({ producer, redis }: Installation): Promise<void> {
  process.kill(producer.pid, 'SIGSTOP')
  await lose(redis, 'an older snapshot restored')
  await expect.poll(() => waitingIn(redis, [FIRST, SECOND, THIRD])).toBe(0)
  process.kill(producer.pid, 'SIGCONT')
}

/** An app's campaigns are printed in the order in which they are made. */
async function make({ api }: Installation, name: Name, fields: object = {}): Promise<string> {
  const scenes = Array.from({ length: SCENES[name] }, (_, n) => `${name}=${n}`)
  const made = await api.post(APP_OF[name], { name, scenes, look: { page: PAGE, width: 280 }, ...fields })
  expect(made.status).toBe(202)
  return made.body.id
}

type Early = Omit<Ids, 'half' | 'urgent'>

/** What the snapshot knows: all of it runs but the one that will be opened again. */
async function begin(works: Installation): Promise<Early> {
  const { api, admin } = works
  await admin.order([{ kind: 'errcode', errcode: 40169, match: { scene: { regex: REFUSED } } }])
  const reopened = await make(works, 'reopened')
  expect((await api.completed(reopened)).counts.refused).toBe(REFUSED_SCENES)
  await admin.order([])
  const ids = {
    paused: await make(works, 'paused'),
    cancelled: await make(works, 'cancelled'),
    completed: await make(works, 'completed'),
    dropped: await make(works, 'dropped'),
    reopened,
  }
  for (const name of ['paused', 'completed'] as const)
    await api.until(ids[name], ({ counts }) => counts.published >= 3)
  return ids
}

/** To the moment of the loss. */
async function steer(works: Installation, early: Early): Promise<Ids> {
  const { api, admin } = works
  for (const name of ['paused', 'cancelled'] as const) {
    await api.until(early[name], ({ counts }) => counts.published >= 8)
    await api.command(early[name], name === 'paused' ? 'pause' : 'cancel')
  }
  await api.until(early.cancelled, hasEnded)
  await api.completed(early.completed)
  // What was in flight when it was paused has come, and stands in a row.
  const withoutRow = async (): Promise<number> => {
    const calls = await admin.callsWritten(FIRST)
    const { published } = (await api.campaign(early.paused)).counts
    return calls.filter((call) => isPending(call) || isOf('paused')(call)).length - published
  }
  await expect.poll(withoutRow).toBe(0)
  const ids = {
    ...early,
    half: await make(works, 'half'),
    urgent: await make(works, 'urgent', { priority: 1 }),
  }
  await api.until(ids.half, ({ counts }) => counts.published >= 16)
  const all = await Promise.all([
    api.ask(`/v1/campaigns/${ids.reopened}/retry-failed`, { method: 'POST' }),
    api.ask(`/v1/campaigns/${ids.urgent}/priority?priority=9`, { method: 'POST' }),
    api.command(ids.dropped, 'cancel'),
  ])
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200])
  return ids
}

const isOf =
  (name: Name) =>
  ({ scene }: Call): boolean =>
    scene?.startsWith(`${name}=`) === true

/** Rows before calls: what has a row has had its call. */
async function look({ api, admin }: Installation, ids: Ids): Promise<Standings> {
  const told = await Promise.all(
    NAMES.map(async (name) => {
      const campaign = (await api.campaign(ids[name])) as Standing['campaign']
      const rows = await api.rows(ids[name])
      const calls = (await admin.calls(APP_OF[name])).filter(isOf(name))
      const wanted = calls.filter(({ outcome }) => outcome !== '40169')
      return [name, { campaign, rows, calls: wanted }] as const
    }),
  )
  return Object.fromEntries(told) as unknown as Standings
}

const rebuildsIn = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => line.includes('"msg":"index rebuilt"'))
    .map((line) => (JSON.parse(line) as { why: string }).why)

async function verify(works: Installation, id: string): Promise<{ code: number; output: string }> {
  const sunpress = sunpressOf(works.api.url, { SUNPRESS_STORE: `file:${works.storeFolder}` })
  return await sunpress('verify', id).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  )
}
