/**
 * One purge or heal per app at a time: `audits/<appid>/<n>.json`, of which the highest number counts. Numbers only grow, so that of two
 * that take over from a dead one at the same moment the create-only write has one winner. Whoever was taken over from notices at
 * its next `renew`, not before. While the mark of a purge stands, nothing of its app is opened: see openings.ts.
 */
import type { AppId, Clock, Records } from '@sunpress/core'
import { listAll, readJson, toJson, type Versioned } from './files.js'
import { auditMarkFile, auditMarksFolder, numberIn } from './paths.js'

export type AuditWork = 'purge' | 'heal'

interface MarkFile extends Versioned {
  /** Marks of older releases don't say: nobody knows, so that it may be a purge. */
  readonly work?: AuditWork
  readonly holder: string
  /** ISO 8601, UTC: when it was claimed, or renewed. */
  readonly at: string
  readonly released: boolean
}

export interface AuditMark {
  readonly kind: 'claimed'
  /** By force, from one that may still be at work. */
  readonly tookOver: boolean
  /** The same as `renew`, and writes nothing. */
  isMine(): Promise<boolean>
  /** false: another has taken over; stop. */
  renew(): Promise<boolean>
  release(): Promise<void>
}

export interface AuditMarkTaken {
  readonly kind: 'taken'
  readonly holder: string
  readonly since: string
}

export interface AuditMarkAsk {
  readonly work: AuditWork
  /** For people: who works there. */
  readonly holder: string
  /** Takes over from whoever holds it. */
  readonly force: boolean
}

/** A mark that was not renewed for so long is that of a dead one. */
const STALE_MS = 86_400_000
/** A purge renews its mark all the time: that of a dead one keeps no night waiting for a day. */
export const PURGE_STALE_MS = 3_600_000
const VERSION = 1

interface Parts {
  readonly records: Records
  readonly clock: Pick<Clock, 'now'>
}

export async function claimAuditMark(
  { records, clock }: Parts,
  app: AppId,
  { work, holder, force }: AuditMarkAsk,
): Promise<AuditMark | AuditMarkTaken> {
  const file = (n: number) => auditMarkFile(app, n)
  const mark = (released: boolean) =>
    toJson({ v: VERSION, work, holder, at: new Date(clock.now()).toISOString(), released } satisfies MarkFile)
  const numbers = await numbersOf(records, app)
  const last = numbers.at(-1) ?? 0
  const there = await readMark(records, app, last)
  const tookOver = there !== null && isHeld(there, clock.now())
  if (tookOver && !force) return taken(there)
  const n = last + 1
  if ((await records.putIfAbsent(file(n), mark(false))) === 'existed') return await takenNow(records, app)
  const isMine = async (): Promise<boolean> => (await numbersOf(records, app)).at(-1) === n
  if (!(await isMine())) {
    await records.remove(file(n))
    return await takenNow(records, app)
  }
  for (const older of numbers) await records.remove(file(older))
  return {
    kind: 'claimed',
    tookOver,
    isMine,
    async renew() {
      if (!(await isMine())) return false
      await records.put(file(n), mark(false))
      return true
    },
    async release() {
      if (await isMine()) await records.put(file(n), mark(true))
    },
  }
}

/**
 * null: no purge of the app is at work. A mark that is taken away between the list and the read has made room for another one, so
 * it is looked for again. `isDead`: asked of one that is stale by our clock, with what stands there.
 */
export async function readPurgeMark(
  { records, clock }: Parts,
  app: AppId,
  isDead: (mark: string) => boolean = () => true,
): Promise<AuditMarkTaken | null> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const last = (await numbersOf(records, app)).at(-1)
    if (last === undefined) return null
    const there = await readMark(records, app, last)
    if (there === null) continue
    if (there.work === 'heal' || there.released) return null
    return isHeld(there, clock.now()) || !isDead(`${last} ${JSON.stringify(there)}`) ? taken(there) : null
  }
  return { kind: 'taken', holder: 'another', since: 'just now' }
}

const TRIES = 5

const isHeld = ({ work, at, released }: MarkFile, nowMs: number): boolean =>
  !released && nowMs - Date.parse(at) < (work === 'purge' ? PURGE_STALE_MS : STALE_MS)

const taken = ({ holder, at }: MarkFile): AuditMarkTaken => ({ kind: 'taken', holder, since: at })

async function takenNow(records: Records, app: AppId): Promise<AuditMarkTaken> {
  const there = await readMark(records, app, (await numbersOf(records, app)).at(-1) ?? 0)
  return there === null ? { kind: 'taken', holder: 'another', since: 'just now' } : taken(there)
}

const readMark = async (records: Records, app: AppId, n: number): Promise<MarkFile | null> =>
  n === 0 ? null : await readJson<MarkFile>(records, auditMarkFile(app, n), VERSION)

/** Ascending. */
async function numbersOf(records: Records, app: AppId): Promise<number[]> {
  const found: number[] = []
  for await (const key of listAll(records, auditMarksFolder(app))) {
    const n = numberIn(key)
    if (n !== null) found.push(n)
  }
  return found.sort((a, b) => a - b)
}
