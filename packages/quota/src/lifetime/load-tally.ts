/**
 * Brings a count from the ledger into a Redis that has lost it: by one process at a time, in the background.
 * Promises: `loaded` only when all marks are in and Redis was not lost again meanwhile. Those who can't wait so long get a WaitFault.
 */
import { randomUUID } from 'node:crypto'
import { type AppId, type Clock, WaitFault } from '@sunpress/core'
import type { TallyLedger } from './tally-ledger.js'
import type { TallyScripts } from './tally-scripts.js'

export interface LoadTerms {
  readonly scripts: TallyScripts
  readonly ledger: TallyLedger
  readonly clock: Clock
}

/** One process's right to load; renewed with each thousand marks. */
const CLAIM_MS = 30_000
const LOOK_AGAIN_MS = 200

/** Waits for the count at most so long. Throws WaitFault `lifetime_rebuilding`. */
export type TallyLoader = (app: AppId, patienceMs: number) => Promise<void>

export function createTallyLoader(terms: LoadTerms): TallyLoader {
  const flights = new Map<AppId, Promise<void>>()
  const begin = (app: AppId) => {
    const flight = load(terms, app).finally(() => flights.delete(app))
    // Each who waits meets the failure; when nobody does, the next one begins anew.
    flight.catch(() => {})
    flights.set(app, flight)
    return flight
  }
  return async (app, patienceMs) => {
    const flight = flights.get(app) ?? begin(app)
    const patience = new AbortController()
    const tooLong = terms.clock.sleep(patienceMs, patience.signal).then(() => {
      throw new WaitFault('lifetime_rebuilding', "the count of a lifetime's codes is being rebuilt", 1_000)
    })
    tooLong.catch(() => {})
    await Promise.race([flight, tooLong]).finally(() => patience.abort())
  }
}

async function load({ scripts, ledger, clock }: LoadTerms, app: AppId): Promise<void> {
  const token = randomUUID()
  for (;;) {
    const begun = await scripts.begin(app, token, CLAIM_MS)
    if (begun.kind === 'loaded') return
    if (begun.kind === 'busy') {
      await clock.sleep(LOOK_AGAIN_MS)
      continue
    }
    for await (const items of ledger.marked(app)) {
      if (items.length > 0) await scripts.countAll(app, items)
      if (!(await scripts.keep(app, token, CLAIM_MS))) break
    }
    if (await scripts.finish(app, token, begun.runId, fieldsOf(await ledger.readSaid(app)))) return
  }
}

type Said = Awaited<ReturnType<TallyLedger['readSaid']>>

const fieldsOf = ({ said, full }: Said): Record<string, number> => ({
  ...(said === null ? {} : { said: said.count, said_ours: said.ours, said_at: said.atMs }),
  ...(full === null ? {} : { full_at: full.atMs, full_used: full.used }),
})
