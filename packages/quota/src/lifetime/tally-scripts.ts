/** A tally's Lua scripts with typed arguments and answers. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import type { AppId } from '@sunpress/core'
import { appKeys, asking, type Redis, readScript, runScript, type TallyKind } from '@sunpress/redis'

export type ReserveReply =
  | { readonly kind: 'known' | 'reserved' | 'busy' | 'missing' }
  | { readonly kind: 'full'; readonly used: number; readonly saidSo: boolean }

export interface TallyReply {
  readonly loaded: boolean
  readonly ours: number
  readonly used: number
  readonly said: SaidCount | null
  readonly full: SaidFull | null
}

/** What WeChat said it had counted, and what we had, in flight included. */
export interface SaidCount {
  readonly count: number
  readonly ours: number
  readonly atMs: number
}

/** WeChat counts nothing new since then; what was used by then, as far as we knew. */
export interface SaidFull {
  readonly atMs: number
  readonly used: number
}

export interface TallyScripts {
  reserve(app: AppId, item: string, limit: number, forMs: number): Promise<ReserveReply>
  release(app: AppId, item: string): Promise<void>
  count(app: AppId, item: string): Promise<void>
  countAll(app: AppId, items: readonly string[]): Promise<void>
  areKnown(app: AppId, items: readonly string[]): Promise<readonly boolean[]>
  read(app: AppId): Promise<TallyReply>
  sayCount(app: AppId, count: number, nowMs: number): Promise<{ noted: boolean; ours: number }>
  sayFull(app: AppId, nowMs: number): Promise<{ first: boolean; used: number }>
  /** Forgets all that WeChat has said. */
  unsay(app: AppId): Promise<void>
  begin(
    app: AppId,
    token: string,
    forMs: number,
  ): Promise<{ kind: 'loaded' | 'begun' | 'busy'; runId: string }>
  /** False: Redis was lost since it was begun, or the claim was. */
  keep(app: AppId, token: string, forMs: number): Promise<boolean>
  finish(app: AppId, token: string, runId: string, said: Readonly<Record<string, number>>): Promise<boolean>
}

export function createTallyScripts(redis: Redis, namespace: string, kind: TallyKind): TallyScripts {
  const script = (name: string) => {
    const found = readScript(name, new URL('..', import.meta.url).href)
    return (keys: readonly string[], args: readonly (string | number)[]) =>
      runScript(redis, found, keys, args)
  }
  const [reserve, countOne, read] = [script('reserve-count'), script('count-one'), script('read-tally')]
  const [sayCount, sayFull] = [script('say-count'), script('say-full')]
  const [begin, finish] = [script('begin-tally'), script('finish-tally')]
  const keysOf = (app: AppId) => {
    const keys = appKeys(namespace, app)
    return { tally: keys.tally(kind), tallied: keys.tallied(kind), tallying: keys.tallying(kind) }
  }
  const all = (app: AppId) => Object.values(keysOf(app))
  return {
    async reserve(app, item, limit, forMs) {
      const [answer, used, saidSo] = (await reserve(all(app), [item, limit, forMs])) as ReserveRow
      return answer === 'full' ? { kind: 'full', used: Number(used), saidSo: saidSo === 1 } : { kind: answer }
    },
    release: (app, item) => asking(async () => void (await redis.zrem(keysOf(app).tallying, item))),
    async count(app, item) {
      const { tallied, tallying } = keysOf(app)
      await countOne([tallied, tallying], [item])
    },
    countAll: (app, items) => asking(async () => void (await redis.sadd(keysOf(app).tallied, ...items))),
    async areKnown(app, items) {
      const found = await asking(() => redis.smismember(keysOf(app).tallied, ...items))
      return found.map((one) => one === 1)
    },
    async read(app) {
      const { tally, tallied } = keysOf(app)
      return parseTally((await read([tally, tallied], [])) as TallyRow)
    },
    async sayCount(app, count, nowMs) {
      const [noted, ours] = (await sayCount(all(app), [count, nowMs])) as [number, number]
      return { noted: noted === 1, ours }
    },
    async sayFull(app, nowMs) {
      const { tally, tallied } = keysOf(app)
      const [first, used] = (await sayFull([tally, tallied], [nowMs])) as [number, number]
      return { first: first === 1, used }
    },
    unsay: (app) => asking(async () => void (await redis.hdel(keysOf(app).tally, ...SAID_FIELDS))),
    async begin(app, token, forMs) {
      const { tally, tallied } = keysOf(app)
      const [answer, runId = ''] = (await begin([tally, tallied], [token, forMs, '0'])) as BeginRow
      return { kind: answer, runId }
    },
    async keep(app, token, forMs) {
      const { tally, tallied } = keysOf(app)
      const [answer] = (await begin([tally, tallied], [token, forMs, '1'])) as BeginRow
      return answer === 'begun'
    },
    async finish(app, token, runId, said) {
      const { tally, tallied } = keysOf(app)
      return (await finish([tally, tallied], [token, runId, ...Object.entries(said).flat()])) === 1
    },
  }
}

const SAID_FIELDS = ['said', 'said_ours', 'said_at', 'full_at', 'full_used'] as const

type ReserveRow = ['known' | 'reserved' | 'busy' | 'missing' | 'full', number?, number?]
type BeginRow = ['loaded' | 'begun' | 'busy', string?]
type TallyRow = [number, number, number, string, string, string, string, string]

function parseTally([loaded, ours, used, said, saidOurs, saidAt, fullAt, fullUsed]: TallyRow): TallyReply {
  return {
    loaded: loaded === 1,
    ours,
    used,
    said: said === '' ? null : { count: Number(said), ours: Number(saidOurs), atMs: Number(saidAt) },
    full: fullAt === '' ? null : { atMs: Number(fullAt), used: Number(fullUsed) },
  }
}
