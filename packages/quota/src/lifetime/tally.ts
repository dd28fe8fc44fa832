/**
 * A count of distinct things that WeChat keeps for an app's lifetime, in Redis and in the ledger.
 * Promises: each is counted once however many processes call for it; together with the calls in flight they never pass the limit;
 * the ledger has a mark for each before its picture is published, so that losing Redis costs a listing. A crash between a call
 * and its mark is repaired by the scene's repeat, which is free at WeChat.
 */
import type { AppId, Clock, Records } from '@sunpress/core'
import { WaitFault } from '@sunpress/core'
import type { Redis, TallyKind } from '@sunpress/redis'
import { createTallyLoader } from './load-tally.js'
import type { CountedItem } from './parameter-set.js'
import { createMarks } from './settle-marks.js'
import { createTallyLedger } from './tally-ledger.js'
import { createTallyScripts, type TallyReply } from './tally-scripts.js'

export interface TallyOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  readonly records: Records
  /** A mark could not be written: it is tried again with the next one. */
  readonly unrecorded?: (app: AppId, fault: unknown) => void
}

export type TallyStanding =
  /** Counted before: free. */
  | { readonly kind: 'known' }
  /** May be called for; `count` or `release` follows. */
  | { readonly kind: 'reserved' }
  | { readonly kind: 'full'; readonly used: number; readonly saidSo: boolean }

export interface Tally {
  /** Throws WaitFault `lifetime_busy` while calls in flight may fill it, `lifetime_rebuilding`, `redis_unavailable`. */
  reserve(app: AppId, item: CountedItem, limit: number): Promise<TallyStanding>
  release(app: AppId, item: CountedItem): Promise<void>
  count(app: AppId, item: CountedItem): Promise<void>
  areKnown(app: AppId, keys: readonly string[]): Promise<readonly boolean[]>
  read(app: AppId, patienceMs?: number): Promise<TallyReply>
  /** What WeChat says it has counted. */
  sayCount(app: AppId, count: number): Promise<void>
  /** WeChat counts nothing new. */
  sayFull(app: AppId): Promise<void>
  /** Forgets all that WeChat has said. */
  unsay(app: AppId): Promise<void>
}

/** Longer than any call takes. */
const RESERVED_MS = 120_000
const PATIENCE_MS = 1_000
const RECORD_AGAIN_MS = 60_000
/** Of those known to be counted, in this process. */
const MOST_KNOWN = 20_000

export function createTally(kind: TallyKind, options: TallyOptions): Tally {
  const { clock } = options
  const scripts = createTallyScripts(options.redis, options.namespace, kind)
  const ledger = createTallyLedger(options.records, kind)
  const load = createTallyLoader({ scripts, ledger, clock })
  const settle = createMarks({
    scripts,
    ledger,
    unrecorded: (app, fault) => options.unrecorded?.(app, fault),
  })
  const known = new Set<string>()
  const recordedAtMs = new Map<AppId, number>()

  const learn = (app: AppId, { key }: CountedItem) => {
    if (known.size >= MOST_KNOWN) known.clear()
    known.add(`${app}/${key}`)
  }

  const readLoaded = async (app: AppId, patienceMs: number): Promise<TallyReply> => {
    const reply = await scripts.read(app)
    if (reply.loaded) return reply
    await load(app, patienceMs)
    const again = await scripts.read(app)
    if (!again.loaded) throw waiting('lifetime_rebuilding', 'is being rebuilt')
    return again
  }

  const record = async (app: AppId): Promise<void> => {
    recordedAtMs.set(app, clock.monotonic())
    const { said, full } = await scripts.read(app)
    await ledger.recordSaid(app, { said, full })
  }

  return {
    async reserve(app, item, limit) {
      if (known.has(`${app}/${item.key}`)) return { kind: 'known' }
      let reply = await scripts.reserve(app, item.key, limit, RESERVED_MS)
      if (reply.kind === 'missing') {
        await load(app, PATIENCE_MS)
        reply = await scripts.reserve(app, item.key, limit, RESERVED_MS)
      }
      if (reply.kind === 'full') return reply
      if (reply.kind === 'missing') throw waiting('lifetime_rebuilding', 'is being rebuilt')
      if (reply.kind === 'busy') throw waiting('lifetime_busy', 'may be filled by the calls in flight')
      if (reply.kind === 'known') learn(app, item)
      return { kind: reply.kind }
    },
    release: (app, { key }) => scripts.release(app, key),
    async count(app, item) {
      if (known.has(`${app}/${item.key}`)) return
      await settle(app, item)
      learn(app, item)
    },
    areKnown: (app, keys) => scripts.areKnown(app, keys),
    read: (app, patienceMs = PATIENCE_MS) => readLoaded(app, patienceMs),
    async sayCount(app, count) {
      const { noted } = await scripts.sayCount(app, count, clock.now())
      const last = recordedAtMs.get(app)
      if (noted && (last === undefined || clock.monotonic() - last >= RECORD_AGAIN_MS)) await record(app)
    },
    async sayFull(app) {
      // For what was used by then; that WeChat said so is noted in any case.
      await readLoaded(app, PATIENCE_MS).catch(() => {})
      if ((await scripts.sayFull(app, clock.now())).first) await record(app)
    },
    async unsay(app) {
      await readLoaded(app, PATIENCE_MS)
      await scripts.unsay(app)
      await record(app)
    },
  }
}

const waiting = (code: string, what: string) => new WaitFault(code, `what a lifetime allows ${what}`, 1_000)
