/**
 * Prints scenes until they end or time is up, each on core's road: looked for in the store, called, inspected whole, stored and
 * closed, and only then published. Promises a row for each scene before `next`, once; what stands behind it is found in the store
 * by the next slice. A slice always gets on, unless it says why not.
 */
import {
  generateCode,
  lookWithPage,
  newCampaignId,
  newGeneration,
  type Road,
  type SceneJob,
} from '@sunpress/core'
import { type Answer, badRow, type EndedRow, failedRow, type Held } from './answer.js'
import { type Log, watchScene } from './observe.js'
import type { Order, OrderedRow } from './order.js'
import { createSliceFeed, type SliceFeed } from './slice-feed.js'
import type { Spacing } from './spacing.js'

export interface SliceTerms {
  readonly road: Omit<Road, 'feed' | 'observer' | 'permits'>
  readonly spacing: Spacing
  readonly log: Log
  /** Scenes at a time. */
  readonly inHand: number
  /** Breaks off what is still under way. */
  readonly signal: AbortSignal
}

interface Slice extends SliceTerms, Pick<SliceFeed, 'end' | 'ended' | 'feed'> {
  readonly order: Order
  readonly jobOf: (index: number, row: OrderedRow) => SceneJob | null
}

/** Begun after `spacing.begin`. Throws the HaltFault that a scene met. */
export async function printSlice(order: Order, terms: SliceTerms): Promise<Answer> {
  const slice: Slice = { ...terms, ...createSliceFeed(), order, jobOf: jobsOf(order, terms.road.clock.now()) }
  let at = order.from
  const work = async (): Promise<void> => {
    while (at < order.rows.length && !terms.spacing.isOver()) {
      const index = at
      at += 1
      await printRow(slice, index)
    }
  }
  await Promise.all(Array.from({ length: terms.inHand }, work))
  return answerOf(slice)
}

async function printRow(slice: Slice, index: number): Promise<void> {
  const row = slice.order.rows[index]
  if (row === undefined) return
  const job = slice.jobOf(index, row)
  if (job === null) {
    slice.end(index, badRow(row, 'errors' in row.planned ? row.planned.errors : []))
    return
  }
  await untilEnded(slice, row, job)
}

/** Attempts of one scene, as long as there is time. */
async function untilEnded(slice: Slice, row: OrderedRow, job: SceneJob): Promise<void> {
  const { spacing, signal } = slice
  const watch = watchScene(slice.log, job.scene)
  const road: Road = { ...slice.road, feed: slice.feed, permits: spacing, observer: watch.observer }
  const { clock } = road
  for (let spent = 0; ; ) {
    const end = await generateCode(road, job, { spent, workersLost: 0, draining: signal, signal })
    if (end.next === 'remove') return
    if (end.next === 'halt') throw watch.lastFault()
    if (end.next === 'retry') spent += 1
    if (signal.aborted || spacing.isOver() || end.afterMs >= spacing.leftMs()) break
    await clock.sleep(end.afterMs, signal).catch(() => {})
  }
  // The next slice would begin with it, and perhaps get no farther: it has had its time.
  const fault = watch.lastFault()
  if (job.index === slice.order.from && fault !== null && spacing.held() === null && isAlone(slice)) {
    slice.end(job.index, failedRow(row, fault))
  }
}

/** Others passed, or there are none: it is this scene that fails, not WeChat. */
const isAlone = ({ ended, order }: Slice): boolean =>
  order.rows.length - order.from === 1 || [...ended.values()].some((row) => 'key' in row && !row.reused)

function jobsOf({ app, look }: Order, nowMs: number): Slice['jobOf'] {
  const common = {
    app,
    campaign: newCampaignId(nowMs),
    generation: newGeneration(nowMs),
    // Whatever stands in the store was there before this slice, as far as it knows.
    campaignCreatedAtMs: nowMs,
    again: false,
    lastRound: true,
  }
  return (index, { planned }) => {
    if ('errors' in planned) return null
    const { scene, page, ref, caption } = planned.row
    return {
      ...{ ...common, index, scene, look: lookWithPage(look, page) },
      ...(page === undefined ? {} : { page }),
      ...(ref === undefined ? {} : { ref }),
      ...(caption === undefined ? {} : { caption }),
    }
  }
}

function answerOf({ order, ended, spacing }: Slice): Answer {
  const rows: EndedRow[] = []
  for (let at = order.from; ; at++) {
    const row = ended.get(at)
    if (row === undefined) break
    rows.push(row)
  }
  const at = order.from + rows.length
  const done = at === order.rows.length
  return { done, next: done ? null : at, rows, held: done ? null : (heldBy(spacing) ?? stuck(rows, spacing)) }
}

function heldBy(spacing: Spacing): Held | null {
  const hold = spacing.held()
  return hold === null ? null : { reason: hold.reason, message: hold.message, retryAfterMs: hold.forMs }
}

const STUCK_MS = 60_000

/** A slice that got nowhere would get nowhere at once again. */
function stuck(rows: readonly EndedRow[], spacing: Spacing): Held | null {
  if (rows.length > 0) return null
  const message = 'no scene ended in this slice'
  return { reason: 'upstream', message, retryAfterMs: Math.max(STUCK_MS, Math.ceil(spacing.restMs())) }
}
