/**
 * Each row of the errcode table through a real worker: what becomes of the scene, its attempts, what is held and for how long,
 * what is counted and what is logged. An app a row, so that no hold meets another row.
 */
import {
  ERRCODE_TABLE,
  type ErrcodeAction,
  type ErrcodePlace,
  type ErrcodeRow,
  type HoldLasts,
  rowFor,
} from '@sunpress/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Campaign, type Row, untilThere } from './api.js'
import { appid, type Installation, startInstallation } from './installation.js'
import type { Service } from './service.js'
import type { Call } from './simulator-admin.js'

type Act = ErrcodeAction['act']
type RowOf<A extends Act> = ErrcodeRow & { readonly action: Extract<ErrcodeAction, { act: A }> }

/** An errcode that no row has. */
const UNKNOWN: RowOf<'retry'> = {
  errcode: 99_999,
  places: ['code'],
  action: { act: 'retry', attempts: 3 },
  advice: '',
}
const rowsOf = <A extends Act>(act: A, place: ErrcodePlace): RowOf<A>[] =>
  ERRCODE_TABLE.filter(({ places }) => places.includes(place))
    .map(({ errcode }) => rowFor(errcode, place))
    .filter((row): row is RowOf<A> => row.action.act === act)

const REFUSED = rowsOf('refuse', 'code')
const RENEWED = rowsOf('renew', 'code')
const HELD = rowsOf('hold', 'code')
const HELD_TOKENS = rowsOf('hold', 'token')
const RETRIED = [...rowsOf('retry', 'code'), UNKNOWN]

/** Apps by row. */
const apps = new Map<string, string>()
const appOf = (place: ErrcodePlace, { errcode }: { readonly errcode: number }): string => {
  const name = `${place} ${errcode}`
  const known = apps.get(name) ?? appid(apps.size)
  apps.set(name, known)
  return known
}
for (const row of [...REFUSED, ...RENEWED, ...HELD, ...RETRIED]) appOf('code', row)
for (const row of HELD_TOKENS) appOf('token', row)
const STUCK = { app: appid(apps.size), errcode: 88_888, stuck: 's=stuck' }

const TOKEN_PATH = '/cgi-bin/stable_token'
const RID = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/

interface HoldSeen {
  readonly scope: string
  readonly lane: string | null
  readonly reason: string
  readonly message: string | null
  readonly until: string
}

let works: Installation
let worker: Service
let metrics = ''
/** Epoch ms at which the worker began, and at which its metrics were read. */
let begunAtMs = 0
let readAtMs = 0
const made = new Map<string, Campaign>()

beforeAll(async () => {
  works = await startInstallation({ apps: apps.size + 1 })
  const order = (app: string, row: ErrcodeRow, more: object) => ({
    ...{ kind: 'errcode', errcode: row.errcode, errmsg: `said ${row.errcode}` },
    ...{ match: { appid: app }, ...more },
  })
  await works.admin.order([
    ...REFUSED.map((row) =>
      order(appOf('code', row), row, { match: { appid: appOf('code', row), scene: 's=bad' } }),
    ),
    ...[...RENEWED, ...RETRIED].map((row) => order(appOf('code', row), row, { count: 1 })),
    ...HELD.map((row) => order(appOf('code', row), row, {})),
    ...HELD_TOKENS.map((row) => {
      const app = appOf('token', row)
      return order(app, row, { match: { appid: app, path: TOKEN_PATH } })
    }),
    { kind: 'errcode', errcode: STUCK.errcode, match: { appid: STUCK.app, scene: STUCK.stuck } },
  ])
  begunAtMs = Date.now()
  worker = await works.startWorker()
  await Promise.all([
    ...REFUSED.map((row) => submit(appOf('code', row), ['s=good', 's=bad'])),
    ...[...RENEWED, ...RETRIED, ...HELD].map((row) => submit(appOf('code', row), ['s=1'])),
    ...HELD_TOKENS.map((row) => submit(appOf('token', row), ['s=1'])),
    submit(STUCK.app, ['s=1', STUCK.stuck, 's=3']),
  ])
  const ending = [...REFUSED, ...RENEWED, ...RETRIED].map((row) => appOf('code', row))
  await Promise.all([...ending, STUCK.app].map((app) => completed(app)))
  const held = [...HELD.map((row) => appOf('code', row)), ...HELD_TOKENS.map((row) => appOf('token', row))]
  await Promise.all(held.map((app) => untilThere(() => holdOf(app))))
  metrics = await (await fetch(worker.metricsUrl)).text()
  readAtMs = Date.now()
}, 90_000)

afterAll(() => works?.stop())

async function submit(app: string, scenes: readonly string[]): Promise<void> {
  const { body, text } = await works.api.post(app, { scenes })
  if (body.id === undefined) throw new Error(text)
  made.set(app, body)
}
const idOf = (app: string): string => made.get(app)?.id ?? ''
const completed = (app: string): Promise<Campaign> => works.api.completed(idOf(app))
const failuresOf = (app: string): Promise<Row[]> => works.api.rows(idOf(app), 'failures')
const callsFor = async (app: string, scene: string): Promise<Call[]> =>
  (await works.admin.calls(app)).filter((call) => call.scene === scene)

async function holdOf(app: string): Promise<HoldSeen | null> {
  const { body } = await works.api.ask<{ holds: readonly HoldSeen[] | null }>(`/v1/apps/${app}`)
  return body.holds?.[0] ?? null
}

const counted = (name: string, labels: string): number => {
  const line = metrics.split('\n').find((each) => each.startsWith(`${name}{${labels}}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}
const callsCounted = (app: string, errcode: number): number =>
  counted('sunpress_upstream_calls_total', `app="${app}",endpoint="getwxacodeunlimit",errcode="${errcode}"`)
const faultsCounted = (app: string, code: string, next: string): number =>
  counted('sunpress_faults_total', `app="${app}",code="${code}",next="${next}"`)

/** What the worker logged of an app and an errcode. */
function ridsLogged(app: string, errcode: number): unknown[] {
  const lines = worker
    .everything()
    .split('\n')
    .filter((line) => line.includes(`"${app}"`))
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return entries.flatMap(({ fault, errcode: own, rid }) => {
    const words = (fault as { words?: { errcode: number; rid: unknown } } | undefined)?.words
    if (words?.errcode === errcode) return [words.rid]
    return own === errcode && rid !== undefined ? [rid] : []
  })
}

describe('a row that refuses the scene', () => {
  it.each(REFUSED.map((row) => [row.errcode, row] as const))('%i', async (errcode, row) => {
    const app = appOf('code', row)
    expect((await completed(app)).counts).toMatchObject({ published: 1, refused: 1, pending: 0 })
    const { reason } = row.action
    expect(await failuresOf(app)).toMatchObject([{ scene: 's=bad', errcode, reason, attempts: 1 }])
    expect(await callsFor(app, 's=bad')).toHaveLength(1)
    expect(callsCounted(app, errcode)).toBe(1)
    expect(faultsCounted(app, reason, 'refuse')).toBe(1)
    expect(await holdOf(app)).toBeNull()
    expect(ridsLogged(app, errcode)).toContainEqual(expect.stringMatching(RID))
  })
})

describe('a row that renews the token', () => {
  it.each(RENEWED.map((row) => [row.errcode, row] as const))('%i', async (errcode, row) => {
    const app = appOf('code', row)
    expect((await completed(app)).counts).toMatchObject({ published: 1, refused: 0 })
    expect((await callsFor(app, 's=1')).map(({ outcome }) => outcome)).toEqual([String(errcode), 'picture'])
    expect(faultsCounted(app, `upstream_${errcode}`, 'renew')).toBe(1)
    expect(faultsCounted(app, `upstream_${errcode}`, 'retry')).toBe(0)
    expect(counted('sunpress_tokens_refreshed_total', `app="${app}",outcome="refreshed"`)).toBe(2)
    expect(await holdOf(app)).toBeNull()
    expect(ridsLogged(app, errcode)).toContainEqual(expect.stringMatching(RID))
  })
})

describe('a row that tries again', () => {
  it.each(RETRIED.map((row) => [row.errcode, row] as const))('%i', async (errcode, row) => {
    const app = appOf('code', row)
    expect((await completed(app)).counts).toMatchObject({ published: 1, refused: 0 })
    expect((await callsFor(app, 's=1')).map(({ outcome }) => outcome)).toEqual([String(errcode), 'picture'])
    expect(faultsCounted(app, `upstream_${errcode}`, 'retry')).toBe(1)
    expect(await holdOf(app)).toBeNull()
    expect(ridsLogged(app, errcode)).toContainEqual(expect.stringMatching(RID))
  })

  it('parks a scene that fails each time, lets the others go on, and refuses it after a last round', async () => {
    const { app, errcode, stuck } = STUCK
    expect((await completed(app)).counts).toMatchObject({ published: 2, refused: 1, pending: 0 })
    const reason = `upstream_${errcode}`
    expect(await failuresOf(app)).toMatchObject([{ scene: stuck, errcode, reason, attempts: 3 }])
    expect(await callsFor(app, stuck)).toHaveLength(6)
    expect(counted('sunpress_scenes_parked_total', `app="${app}"`)).toBe(1)
    expect(faultsCounted(app, reason, 'park')).toBe(1)
    expect(
      counted('sunpress_upstream_calls_total', `app="${app}",endpoint="getwxacodeunlimit",errcode="other"`),
    ).toBe(6)
  })
})

describe('a row that holds', () => {
  /** `message` may tell of a hold that is put again and again, since another host's token would end it. */
  const lastsMs = (lasts: HoldLasts, message: string): { least: number; most: number } => {
    const again = /asks again in (\d+) min/.exec(message)?.[1]
    if (again !== undefined) expect(Number(again) * 60_000).toBe(lasts)
    if (again !== undefined) return { least: -60_000, most: 61_000 }
    if (lasts === 'minute') return { least: -5_000, most: 63_000 }
    if (lasts === 'day') return { least: 0, most: 86_700_000 }
    return { least: lasts - (Date.now() - begunAtMs) - 1_000, most: lasts + 1_000 }
  }
  const minuteOf = (ms: number): number => Math.floor(ms / 60_000)
  /** A hold may have ended before we looked: then one call, or one question for a token, has asked again. */
  const mayAskAgain = (lasts: HoldLasts, beforeMs: number, atMs: number): boolean => {
    if (lasts === 'minute') return minuteOf(atMs) > minuteOf(beforeMs)
    return lasts !== 'day' && atMs - beforeMs >= lasts - 1_000
  }
  const mostAsked = (lasts: HoldLasts): number => {
    if (lasts === 'minute') return minuteOf(readAtMs) - minuteOf(begunAtMs) + 1
    return lasts === 'day' ? 1 : 1 + Math.floor((readAtMs - begunAtMs) / lasts)
  }
  const expectHold = async (app: string, row: RowOf<'hold'>): Promise<void> => {
    let askedAtMs = 0
    // One that has just ended is put again.
    const hold = await untilThere(() => {
      askedAtMs = Date.now()
      return holdOf(app)
    })
    const { scope, reason, lasts } = row.action
    expect(hold).toMatchObject({ scope, reason })
    expect(hold?.message).toContain(row.advice)
    expect(hold?.message).toContain(`said ${row.errcode}`)
    const untilMs = Date.parse(hold?.until ?? '')
    const { least, most } = lastsMs(lasts, hold?.message ?? '')
    // However long the answer took: it stood after we had asked, and was put before we had read of it.
    expect(untilMs - askedAtMs).toBeGreaterThan(least)
    expect(untilMs - Date.now()).toBeLessThan(most)
    const waits = ({ waitingReason }: Campaign): boolean => waitingReason !== null
    const { counts, waitingReason } = await works.api.until(idOf(app), waits)
    expect(counts).toMatchObject({ published: 0, refused: 0, pending: 1 })
    expect(waitingReason).toBe(reason)
  }

  it.each(HELD.map((row) => [row.errcode, row] as const))('%i', async (errcode, row) => {
    const app = appOf('code', row)
    await expectHold(app, row)
    const calls = await callsFor(app, 's=1')
    const { lasts } = row.action
    const tooEarly = calls.slice(1).filter(({ at }, i) => !mayAskAgain(lasts, calls[i]?.at ?? at, at))
    expect(tooEarly).toEqual([])
    for (const counted of [callsCounted(app, errcode), faultsCounted(app, `upstream_${errcode}`, 'hold')]) {
      expect(counted).toBeGreaterThanOrEqual(1)
      expect(counted).toBeLessThanOrEqual(calls.length)
    }
    expect(ridsLogged(app, errcode)).toContainEqual(expect.stringMatching(RID))
  })

  it.each(HELD_TOKENS.map((row) => [row.errcode, row] as const))(
    '%i, when a token is asked for',
    async (errcode, row) => {
      const app = appOf('token', row)
      await expectHold(app, row)
      expect(await works.admin.calls(app)).toEqual([])
      const asked = counted('sunpress_tokens_refreshed_total', `app="${app}",outcome="failed"`)
      expect(asked).toBeGreaterThanOrEqual(1)
      expect(asked).toBeLessThanOrEqual(mostAsked(row.action.lasts))
      expect(ridsLogged(app, errcode)).toContainEqual(expect.stringMatching(RID))
    },
  )
})

it('walks every row that a call for a code or for a token can meet', () => {
  const homes = (place: ErrcodePlace) => ERRCODE_TABLE.filter(({ places }) => places.includes(place)).length
  expect([...REFUSED, ...RENEWED, ...HELD, ...RETRIED]).toHaveLength(homes('code') + 1)
  // -1 only makes a token come later.
  expect(HELD_TOKENS).toHaveLength(homes('token') - 1)
})
