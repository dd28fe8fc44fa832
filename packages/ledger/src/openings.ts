/**
 * Campaigns that are just being opened: made, or opened again by a retry. A campaign that opens may publish any picture that
 * stands in the store; a purge takes away what nobody wanted when it looked. So one of both has to see the other:
 *
 *     who opens                                  who purges
 *     1 writes opening/<app>/<id>.<attempt>      1 writes its mark, audits/<app>/<n>.json
 *     2 looks for the mark of a purge: is there  2 lists opening/<app>/, and waits until each of these is gone, or must
 *       one, it ends here and opens nothing        be that of a dead one
 *     3 opens: open mark and campaign.json, or   3 lists what is open and what was published: that is wanted
 *       a retry in the control log               4 takes the other pictures away
 *     4 takes its opening away                   5 releases its mark
 *
 * Whichever order: if 1 on the left is behind 2 on the right, then 2 on the left is behind 1 on the right and sees the mark, unless
 * it is released by then: nothing goes any more. If it is before, the purge waits for 3, or for an end without it, and then its own
 * 3 finds the campaign open. Open marks would not do for that: upkeep takes them away, from campaigns that seem to have ended and
 * from those whose id is old, and of two attempts of the same request neither may take away the other's.
 *
 * A maker that died between 1 and 4 leaves its opening. It can't have written anything later than MOST_OPENING_MS and the few calls
 * of 3, so that a purge that has waited OPENING_DEAD_MS by its own clock goes on, and takes it away.
 */
import { randomUUID } from 'node:crypto'
import { type AppId, type CampaignId, type Clock, type Records, WaitFault } from '@sunpress/core'
import { readPurgeMark } from './audit-mark.js'
import { listAll, toJson } from './files.js'
import { openingFile, openingsFolder } from './paths.js'

/** The code of the fault that says so. */
export const APP_PURGING = 'app_purging'
/** From the first step to the last question whether it may still be opened. */
const MOST_OPENING_MS = 30_000
/** More than the above and a dozen calls to a store that answers each of them at the last moment, after two that failed. */
export const OPENING_DEAD_MS = 900_000
/**
 * A purge at work renews its mark every 10 s. One that looks stale may do so by our clock alone: it is that of a dead one when it has
 * not changed for so long.
 */
const STANDS_STILL_MS = 25_000
/** For callers: a purge takes a while. */
const ASK_AGAIN_MS = 30_000

export interface Opening {
  /** To be asked right before the write that opens it. Throws WaitFault when this process was frozen for too long. */
  checkInTime(): void
}

export interface Openings {
  /** Throws WaitFault `app_purging`. For whoever has much to do first; it promises nothing about later. */
  refuseWhilePurged(app: AppId): Promise<void>
  /** `open` opens the campaign. Throws WaitFault `app_purging`, with nothing opened, while a purge of the app is at work. */
  during<T>(
    campaign: { readonly id: CampaignId; readonly app: AppId },
    open: (opening: Opening) => Promise<T>,
  ): Promise<T>
}

interface Parts {
  readonly records: Records
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

export function createOpenings({ records, clock }: Parts): Openings {
  const standsStill = watchStale(clock)
  const refuseWhilePurged = async (app: AppId): Promise<void> => {
    if ((await readPurgeMark({ records, clock }, app, standsStill(app))) === null) return
    const message = 'Pictures of this app are being purged: no campaign of it is opened until that has ended.'
    throw new WaitFault(APP_PURGING, message, ASK_AGAIN_MS)
  }
  return {
    refuseWhilePurged,
    async during({ id, app }, open) {
      const checkInTime = startTimer(clock)
      const file = openingFile(app, id, randomUUID())
      await records.put(file, toJson({ v: 1 }))
      try {
        await refuseWhilePurged(app)
        return await open({ checkInTime })
      } finally {
        // One that stays keeps a purge waiting, and harms nobody.
        await records.remove(file).catch(() => {})
      }
    },
  }
}

/** To be asked before a mark is read: tells of it then whether this process has seen the very same long before. */
function watchStale(clock: Pick<Clock, 'monotonic'>): (app: AppId) => (mark: string) => boolean {
  const seen = new Map<AppId, { readonly mark: string; readonly atMs: number }>()
  return (app) => {
    const askedAtMs = clock.monotonic()
    return (mark) => {
      const before = seen.get(app)
      if (before?.mark === mark) return askedAtMs - before.atMs >= STANDS_STILL_MS
      seen.set(app, { mark, atMs: clock.monotonic() })
      return false
    }
  }
}

/** By both clocks: one stands still while the machine sleeps, the other one may be set back. */
function startTimer(clock: Parts['clock']): () => void {
  const [nowMs, ticksMs] = [clock.now(), clock.monotonic()]
  return () => {
    if (Math.max(clock.now() - nowMs, clock.monotonic() - ticksMs) <= MOST_OPENING_MS) return
    throw new WaitFault('opening_slow', 'The store took too long: nothing was opened.', 0)
  }
}

/** All that stand; for those who purge, under their mark. */
export async function listOpenings(records: Records, app: AppId): Promise<string[]> {
  const found: string[] = []
  for await (const key of listAll(records, openingsFolder(app))) found.push(key)
  return found
}

/** Only of a maker that must be dead. */
export const removeOpening = (records: Records, opening: string): Promise<void> => records.remove(opening)
