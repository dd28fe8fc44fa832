/** The API over a store in memory and an index that tests steer. Each answer is held to the API's own description. */
import { createHash } from 'node:crypto'
import { type App, type AppId, appOfCode, DEFAULT_QUOTAS, type Lane, Secret } from '@sunpress/core'
import type { PlannedCampaign, PlanningBoard } from '@sunpress/feed'
import {
  createBitsLedger,
  createCampaignLedger,
  createClearLedger,
  createManifestLedger,
  createOpenings,
  createRequestLedger,
  createScheduleLedger,
  listLooks,
  listReplacements,
  markHealing,
} from '@sunpress/ledger'
import { createMemoryLeases } from '@sunpress/redis/testing'
import { closedAppBook } from '@sunpress/runtime'
import { openMemoryStore, type Store } from '@sunpress/storage'
import type { InjectOptions } from 'fastify'
import { buildApp } from '../app.js'
import type { AppFacts } from '../campaigns/prospects.js'
import { keepLooks } from '../codes/known-looks.js'
import type { ApiContext } from '../context.js'
import type { Api } from '../routes/route.js'
import type { AnswerBody } from './answer-body.js'
import { expectMatchesOpenApi } from './expect-openapi.js'
import { createFakeIndex, type FakeIndex } from './fake-index.js'

export const APP_ID = 'wx0123456789abcdef' as AppId
export const APP: App = {
  appid: APP_ID,
  name: 'Shops',
  credential: { kind: 'secret', appSecret: new Secret('not to be seen'), endpoint: 'stable' },
  quotas: DEFAULT_QUOTAS,
}
/** An app whose lanes are free, and were never called. */
export const NOTHING_STOPS: AppFacts = {
  ...{ holds: [], feedLength: 0, others: [] },
  lanes: { unlimited: { usedToday: 0, rate: 1 }, limited: { usedToday: 0, rate: 1 } },
}
export const NOW_MS = Date.parse('2026-03-01T12:00:00Z')

export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
  readonly rawPayload: Buffer
  json(): AnswerBody
}

export interface TestApi {
  readonly app: Api
  readonly store: Store
  readonly fake: FakeIndex
  readonly failures: unknown[]
  /** What could not be read, and stands in no answer. */
  readonly leftOut: string[]
  ask(options: InjectOptions): Promise<Answer>
  /** Every key of the ledger under a prefix. */
  keys(prefix: string): Promise<readonly string[]>
}

export async function createTestApi(
  change: (context: ApiContext) => Partial<ApiContext> = () => ({}),
): Promise<TestApi> {
  let nowMs = NOW_MS
  const clock = { now: () => nowMs++, monotonic: () => nowMs, sleep: sleepUntilAborted }
  const store = openMemoryStore({ clock })
  const fake = createFakeIndex()
  const failures: unknown[] = []
  const leftOut: string[] = []
  const context: ApiContext = {
    apps: closedAppBook([APP]),
    clock,
    campaigns: createCampaignLedger(store.records),
    openings: createOpenings({ records: store.records, clock }),
    manifests: createManifestLedger(store.records),
    bits: createBitsLedger(store.records),
    requests: createRequestLedger(store.records),
    codes: store.codes,
    index: fake.index,
    planning: createFakeBoard(),
    leases: createMemoryLeases(),
    namespace: 'test',
    holder: 'me',
    keys: null,
    publicUrl: null,
    waitingFactsOf: async () => NOTHING_STOPS,
    rateOf: () => 60,
    dayLimitOf: () => null,
    readHolds: async () => [],
    markHealing: (healed, by) => markHealing(store.records, healed, by),
    liftHold: async () => {},
    planLifetime: async (_app, sets) => {
      let fresh = 0
      for await (const _set of sets) fresh++
      return { known: 0, fresh, usedAfter: fresh, limit: 10, whole: true }
    },
    readQuotas: async (app) => ({
      app,
      lanes: [laneReading('unlimited', 4_900), laneReading('limited', 588)],
      lifetime: { used: 10, limit: 98_000 },
      holds: [],
    }),
    replacementsOf: (code) => listReplacements(store.records, appOfCode(code), code),
    looksOf: keepLooks((app) => listLooks(store.records, app, (key) => leftOut.push(key)), clock),
    clears: createClearLedger(store.records),
    clearQuota: async () => ({ kind: 'cleared' }),
    restartDay: async () => {},
    recount: async () => {},
    reopenLifetime: async () => {},
    tokenStateOf: async () => 'none',
    schedules: createScheduleLedger(store.records),
    secrets: { read: (reference) => (reference === 'env:SOURCE_SHOPS' ? 'Bearer x' : null) },
    wakeScheduler: () => {},
    observer: {
      answered: () => {},
      failed: (_route, thrown) => failures.push(thrown),
      leftOut: (what) => leftOut.push(what),
    },
  }
  const app = await buildApp({ ...context, ...change(context) })
  return {
    app,
    store,
    fake,
    failures,
    leftOut,
    async ask(options) {
      const answer = await app.inject(options)
      await expectMatchesOpenApi(app, String(options.method ?? 'GET'), String(options.url), answer)
      return answer
    },
    keys: async (prefix) => (await store.records.list(prefix)).keys,
  }
}

const laneReading = (lane: Lane, limit: number) => ({
  lane,
  perMinute: { used: null, limit },
  perDay: { used: null, limit: lane === 'limited' ? 9_800 : null },
  rate: null,
  usedByOthers: null,
})

export const sleepUntilAborted = (_ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))

function createFakeBoard(): PlanningBoard {
  const board = new Map<string, PlannedCampaign>()
  return {
    note: async (campaign) => void board.set(campaign.id, campaign),
    read: async (id) => board.get(id) ?? null,
    forget: async (id) => void board.delete(id),
  }
}

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
