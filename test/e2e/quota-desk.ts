/** What those who look after quotas see and do: apps with their holds, metrics of all workers, commands. */
import { type Api, type Campaign, untilThere } from './api.js'
import { sunpressOf } from './run-cli.js'
import type { Service } from './service.js'
import type { SimulatorAdmin } from './simulator-admin.js'

export interface HoldSeen {
  readonly scope: string
  readonly lane: string | null
  readonly page: { readonly page: string; readonly envVersion: string } | null
  readonly campaign: string | null
  readonly reason: string
  readonly message: string | null
  readonly until: string
}

interface LaneSeen {
  readonly perMinute: { readonly used: number | null; readonly limit: number }
  readonly perDay: { readonly used: number | null; readonly limit: number | null }
  readonly rate: number | null
  readonly usedByOthers: number | null
}

export interface AppSeen {
  readonly quotas: {
    readonly unlimited: LaneSeen
    readonly limited: LaneSeen & {
      readonly lifetime: { readonly used: number; readonly limit: number } | null
    }
  }
  readonly holds: readonly HoldSeen[] | null
  readonly token: { readonly state: string }
}

export interface QuotaDesk {
  readonly sunpress: ReturnType<typeof sunpressOf>
  app(appid: string): Promise<AppSeen>
  /** Resolves with the app when it fits. */
  appWhen(appid: string, fits: (app: AppSeen) => boolean): Promise<AppSeen>
  /** Resolves with the hold when it stands. */
  holdOf(appid: string, reason: string): Promise<HoldSeen>
  /** Ends holds of the app: all, or those of a query. */
  resume(appid: string, query?: string): Promise<void>
  print(appid: string, fields: object): Promise<Campaign>
  /** Calls for pictures that were answered, by outcome. */
  outcomes(appid: string): Promise<Readonly<Record<string, number>>>
  /** The sum over all workers of a metric's samples that have all these labels. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number>
}

export function createQuotaDesk(works: {
  readonly api: Api
  readonly admin: SimulatorAdmin
  readonly services: readonly Service[]
}): QuotaDesk {
  const { api, admin } = works
  const app = async (appid: string) => (await api.ask<AppSeen>(`/v1/apps/${appid}`)).body
  const appWhen: QuotaDesk['appWhen'] = (appid, fits) =>
    untilThere(async () => {
      const found = await app(appid)
      return fits(found) ? found : null
    })
  return {
    sunpress: sunpressOf(api.url),
    app,
    appWhen,
    holdOf: (appid, reason) =>
      untilThere(async () => (await app(appid)).holds?.find((hold) => hold.reason === reason) ?? null),
    async resume(appid, query = '') {
      const { status, text } = await api.ask(`/v1/apps/${appid}/resume${query}`, { method: 'POST' })
      if (status !== 200) throw new Error(`${status} ${text}`)
    },
    async print(appid, fields) {
      const made = await api.post<Campaign>(appid, fields)
      if (made.status !== 202) throw new Error(`${made.status} ${made.text}`)
      return made.body
    },
    async outcomes(appid) {
      const counted: Record<string, number> = {}
      for (const { outcome } of await admin.calls(appid)) counted[outcome] = (counted[outcome] ?? 0) + 1
      return counted
    },
    async metric(name, labels) {
      const told = works.services.filter((service) => service.isRunning() && service.metricsUrl !== '')
      const texts = await Promise.all(told.map(async ({ metricsUrl }) => (await fetch(metricsUrl)).text()))
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const lines = texts.join('\n').split('\n')
      const mine = lines.filter(
        (line) => line.startsWith(`${name}{`) && wanted.every((each) => line.includes(each)),
      )
      return mine.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
  }
}
