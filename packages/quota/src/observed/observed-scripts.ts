/** Observed quotas in Redis: one hash an app. Throws WaitFault `redis_unavailable` when Redis can't be asked. */
import type { AppId, UpstreamEndpoint } from '@sunpress/core'
import { appKeys, type Redis, readScript, runScript } from '@sunpress/redis'
import type { ObservedEndpoint, QuotaTold } from './quota-told.js'

export type ClaimReply =
  | { readonly kind: 'claimed' | 'missing' }
  | { readonly kind: 'wait'; readonly waitMs: number }

export interface SettledRead {
  readonly told: (QuotaTold & Pick<ObservedEndpoint, 'ours'>) | null
  readonly nextMs: number
  /** 0: others may be asked. */
  readonly restMs: number
  /** False: the question never came to WeChat. */
  readonly asked: boolean
}

export interface ObservedScripts {
  claim(
    app: AppId,
    endpoint: UpstreamEndpoint,
    terms: { claimMs: number; most: number; mostSoon: number },
  ): Promise<ClaimReply>
  settle(app: AppId, endpoint: UpstreamEndpoint, read: SettledRead): Promise<void>
  /** Gives ms until then. */
  want(app: AppId, endpoint: UpstreamEndpoint, apartMs: number): Promise<number>
  load(app: AppId, fields: Readonly<Record<string, string>>): Promise<void>
  /** `loaded`: this run of the server has been told what the ledger knows. */
  read(app: AppId): Promise<{ readonly loaded: boolean; readonly fields: Readonly<Record<string, string>> }>
}

export function createObservedScripts(redis: Redis, namespace: string): ObservedScripts {
  const script = (name: string) => {
    const found = readScript(name, new URL('..', import.meta.url).href)
    return (app: AppId, args: readonly (string | number)[]) =>
      runScript(redis, found, [appKeys(namespace, app).observedQuota], args)
  }
  const [claim, settle] = [script('claim-quota-read'), script('settle-quota-read')]
  const [want, load] = [script('want-quota-read'), script('load-quota-read')]
  const readTold = script('read-quota-told')
  return {
    async claim(app, endpoint, { claimMs, most, mostSoon }) {
      const [kind, waitMs] = (await claim(app, [endpoint, claimMs, most, mostSoon])) as ClaimRow
      return kind === 'wait' ? { kind, waitMs: Number(waitMs) } : { kind }
    },
    async settle(app, endpoint, { told, nextMs, restMs, asked }) {
      await settle(app, [
        endpoint,
        told === null ? '' : JSON.stringify(told),
        Math.ceil(nextMs),
        Math.ceil(restMs),
        asked ? '0' : '1',
      ])
    },
    want: async (app, endpoint, apartMs) => Number(await want(app, [endpoint, apartMs])),
    async load(app, fields) {
      await load(app, Object.entries(fields).flat())
    },
    async read(app) {
      const [loaded, ...row] = (await readTold(app, [])) as [number, ...string[]]
      return { loaded: loaded === 1, fields: toFields(row) }
    },
  }
}

function toFields(row: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i + 1 < row.length; i += 2) fields[row[i] ?? ''] = row[i + 1] ?? ''
  return fields
}

type ClaimRow = ['claimed' | 'missing' | 'wait', number?]

/** null when WeChat never told. */
export function observedIn(
  fields: Readonly<Record<string, string>>,
  endpoint: UpstreamEndpoint,
): ObservedEndpoint | null {
  const [told, atMs] = [fields[`told:${endpoint}`], fields[`at:${endpoint}`]]
  if (told === undefined || atMs === undefined) return null
  const { daily, rate, ours = null } = JSON.parse(told) as QuotaTold & Partial<Pick<ObservedEndpoint, 'ours'>>
  return { daily, rate, ours, atMs: Number(atMs) }
}
