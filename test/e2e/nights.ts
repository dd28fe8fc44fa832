/**
 * Schedules as who operates a Sunpress has them, and nights that come when a test wants them. Processes have no clock to be set:
 * the zone is one in which it is noon, and what the ledger notes as the beginning of a schedule is set back by a day, as if it
 * had been put then. So last evening's night is due at once, and after it this morning's.
 */
import { addDays, fillDate, type LocalDate, localDateAt } from '@sunpress/core'
import { createScheduleLedger } from '@sunpress/ledger'
import { readProducerConfig, systemClock } from '@sunpress/runtime'
import { type ConfiguredStores, openConfiguredStores } from '@sunpress/storage'
import { type Answer, type Api, PAGE, untilThere } from './api.js'
import type { Environment } from './service.js'

export interface Run {
  readonly date: string
  readonly manual: boolean
  readonly campaign: string
  readonly outcome: string
  readonly reason: string | null
  readonly total: number | null
}

export type NightName = 'yesterday' | 'today'

export interface Nights {
  /** Local, of both nights. */
  readonly dates: Readonly<Record<NightName, LocalDate>>
  readonly timeZone: string
  /** A file of the store, where a schedule with this key finds it on that date. */
  putObject(key: string, night: NightName, text: string): Promise<void>
  /** Its time is in the evening unless the fields say so. */
  put(name: string, fields: object): Promise<Answer<unknown>>
  /** That night is due. */
  begin(name: string, fields: object, night: NightName): Promise<void>
  /** By hand. */
  run(name: string): Promise<Run>
  /** All of its runs, newest first. */
  runs(name: string): Promise<readonly Run[]>
  /** How it ended: a night by its date, a run by hand by its campaign. */
  ended(name: string, key: string): Promise<Run>
  close(): Promise<void>
}

const CRON: Readonly<Record<NightName, string>> = { yesterday: '0 18 * * *', today: '0 6 * * *' }
const DAY_MS = 86_400_000

/** `api`: of a producer that is there when it is asked. */
export async function openNights(env: Environment, api: () => Api): Promise<Nights> {
  const timeZone = zoneAtNoon(Date.now())
  const today = localDateAt(Date.now(), timeZone)
  const dates = { yesterday: addDays(today, -1), today }
  const stores: ConfiguredStores = await openConfiguredStores(readProducerConfig(env), { clock: systemClock })
  const ledger = createScheduleLedger(stores.records)

  const put = (name: string, fields: object): Promise<Answer<unknown>> =>
    api().ask(`/v1/schedules/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cron: CRON.yesterday, timeZone, look: { page: PAGE }, ...fields }),
    })
  const runs = async (name: string): Promise<readonly Run[]> =>
    (await api().ask<{ items: readonly Run[] }>(`/v1/schedules/${name}/runs`)).body.items

  return {
    ...{ dates, timeZone, put, runs },
    putObject: (key, night, text) => stores.records.put(fillDate(key, dates[night]), Buffer.from(text)),
    async begin(name, fields, night) {
      const whole = { ...fields, cron: CRON[night] }
      await put(name, whole)
      const record = await ledger.read(name)
      if (record === null) throw new Error(`there is no schedule ${name}`)
      await ledger.write({ ...record, since: new Date(Date.now() - DAY_MS).toISOString() })
      // The same again changes nothing, and makes the producer look.
      await put(name, whole)
    },
    run: async (name) => (await api().ask<Run>(`/v1/schedules/${name}/run`, { method: 'POST' })).body,
    ended: (name, key) =>
      untilThere(async () => {
        const run = (await runs(name)).find(
          ({ manual, campaign, date }) => (manual ? campaign : date) === key,
        )
        return run === undefined || run.outcome === 'running' ? null : run
      }),
    close: () => stores.close(),
  }
}

function zoneAtNoon(nowMs: number): string {
  const ahead = 12 - new Date(nowMs).getUTCHours()
  // Signs in these names are the other way round.
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`
}

/** For a process whose clock is ahead. */
export const clockAheadBy = (ms: number): Environment => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`const real = Date.now; Date.now = () => real() + ${Math.ceil(ms)}`)}`,
})
