/**
 * Waits for campaigns of an app that are just being opened, under the mark of a purge: whoever begins to open one behind this mark
 * sees it and opens none. All orders of events: openings.ts of the ledger.
 */
import type { AppId } from '@sunpress/core'
import { listOpenings, OPENING_DEAD_MS, removeOpening } from '@sunpress/ledger'
import { patiently } from './patiently.js'
import type { PurgeParts } from './purge-campaign.js'

export interface SettleOptions {
  /** Before each further look: throws when it must not go on. */
  readonly mayGoOn: () => Promise<void>
  /** Told once when there is something to wait for. */
  readonly onWaiting: (openings: number) => void
  readonly signal: AbortSignal
}

const LOOK_EVERY_MS = 500

export async function settleOpenings(
  { records, clock }: Pick<PurgeParts, 'records' | 'clock'>,
  app: AppId,
  { mayGoOn, onWaiting, signal }: SettleOptions,
): Promise<void> {
  const list = () => patiently(clock, () => listOpenings(records, app))
  // Those that come later find the mark: there is no need to wait for them.
  let left = await list()
  if (left.length > 0) onWaiting(left.length)
  for (let waitedMs = 0; left.length > 0 && waitedMs < OPENING_DEAD_MS; waitedMs += LOOK_EVERY_MS) {
    await clock.sleep(LOOK_EVERY_MS, signal)
    await mayGoOn()
    const still = new Set(await list())
    left = left.filter((opening) => still.has(opening))
  }
  for (const dead of left) await removeOpening(records, dead)
}
