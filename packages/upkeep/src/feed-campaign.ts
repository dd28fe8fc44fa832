/** Moves a campaign on from its cursor: what stands in the store is published at once, all else gets its job. */
import type { CampaignId } from '@sunpress/core'
import type { CampaignIndex, FoundScene, Leadership } from '@sunpress/feed'
import type { KnownPictures } from './known-pictures/known-pictures.js'
import { type Ended, ended, type UpkeepParts } from './parts.js'
import type { Resender } from './resend.js'
import { BATCH, blockEnd, createReusePass } from './reuse-pass.js'
import { jobsOf } from './scene-jobs.js'
import type { SceneReader } from './scene-reader.js'
import type { StandingHolds } from './standing-holds.js'

export interface Room {
  /** Jobs that the lane still takes of it. */
  readonly jobs: number
  /** Scenes that the cursor may pass. */
  readonly scenes: number
}

export interface Fed {
  readonly jobs: number
  /** Scenes that the cursor has passed. */
  readonly passed: number
}

export interface CampaignFeeder {
  /** Known pictures were left when the time of the turn was over: the next turn is to come soon. */
  readonly isBusy: boolean
  /** Time for known pictures is given by the turn, to all campaigns together. */
  beginTurn(): void
  /** What was fed, or why leadership ended. */
  feed(leader: Leadership, campaign: CampaignIndex, holds: StandingHolds, room: Room): Promise<Fed | Ended>
}

/** Of a turn, for pictures that are known: the other steps want theirs as well, and rows stand in Redis until they are closed. */
const REUSE_TURN_MS = 1_000
const REUSE_TURN_SCENES = 2_000
const PUBLISHED_AT_ONCE = 200
/** Looked up in one go where there is no room for jobs: what lies behind the first one that is missing was looked up in vain. */
const LEAST_BATCH = 32
/** Of a campaign in a turn, past rows that wait for their page: each as long as there is room for jobs in the lane. */
export const MOST_STEPS = 10
/** So many are looked up for each job that there is room for: pictures are common, so most are there. */
const LOOKS_A_JOB = 4

export function createCampaignFeeder(
  parts: UpkeepParts,
  reader: SceneReader,
  { resender, known }: { readonly resender: Pick<Resender, 'passed'>; readonly known: KnownPictures },
): CampaignFeeder {
  const { index, queues, clock, observer } = parts
  const reuse = createReusePass(parts, reader, known)
  let turnEndsMs = Number.NEGATIVE_INFINITY
  let reusedInTurn = 0
  let isBusy = false
  /** Where the next scene wants a job, and there was no room for one. */
  const stuckAt = new Map<CampaignId, number>()

  interface Step extends Fed {
    readonly to: number
    /** Scenes that got no job, by their page: it is held. */
    readonly held: ReadonlyMap<string, number>
  }

  interface Stretch {
    readonly to: number
    readonly passed: number
    readonly found: readonly FoundScene[]
    readonly missing: readonly number[]
  }

  /** The next scenes to be fed: no more than there is room for. */
  const nextOf = async (leader: Leadership, campaign: CampaignIndex, room: Room, batch: number | null) => {
    const { id, cursor, counts } = campaign
    const below = batch === null ? counts.total : Math.min(counts.total, blockEnd(cursor))
    const limit = Math.min(room.scenes, batch ?? room.jobs)
    const scenes = limit <= 0 ? [] : await index.unsetBits(leader.app, id, { from: cursor, below, limit })
    return { scenes, to: limit > 0 && scenes.length < limit ? below : (scenes.at(-1) ?? cursor - 1) + 1 }
  }

  const stretchOf = async (
    leader: Leadership,
    campaign: CampaignIndex,
    room: Room,
    batch: number | null,
  ): Promise<Stretch> => {
    const { scenes, to } = await nextOf(leader, campaign, room, batch)
    if (batch === null) return { to, passed: scenes.length, found: [], missing: scenes }
    const { found, missing } = await reuse.find(leader, campaign, scenes)
    const cut = missing[Math.max(0, room.jobs)]
    if (cut === undefined) return { to, passed: scenes.length, found, missing }
    const isBefore = (at: number): boolean => at < cut
    return {
      to: cut,
      passed: scenes.filter(isBefore).length,
      found: found.filter((one) => isBefore(one.index)),
      missing: missing.filter(isBefore),
    }
  }

  const publishFound = async (
    leader: Leadership,
    { id }: CampaignIndex,
    found: readonly FoundScene[],
  ): Promise<Ended | null> => {
    for (let at = 0; at < found.length; at += PUBLISHED_AT_ONCE) {
      const answer = await index.publishMany(leader, id, found.slice(at, at + PUBLISHED_AT_ONCE))
      if (answer === 'rebuild') return ended('no_generation')
      if (answer === 'fenced') return ended('fenced')
      if (answer === 'halted') return null
      observer.reused?.(leader, answer)
    }
    return null
  }

  /** `batch`: so many scenes are looked up; null: all get jobs. */
  const step = async (
    leader: Leadership,
    campaign: CampaignIndex,
    holds: StandingHolds,
    room: Room,
    batch: number | null,
  ): Promise<Ended | Step | null> => {
    const { id, lane, cursor, priority, rebuilt } = campaign
    const { to, passed, found, missing } = await stretchOf(leader, campaign, room, batch)
    if (to <= cursor) {
      // Where nothing was looked up, its picture may stand there all the same.
      if (room.jobs <= 0 && batch !== null) stuckAt.set(id, cursor)
      return null
    }
    stuckAt.delete(id)
    const { jobs, held } = await jobsOf(reader, leader, campaign, { scenes: missing, holds, again: rebuilt })
    // The cursor first, since it is fenced: what dies behind it counts as lost from the lane, and is sent again.
    const answer = await index.advanceCursor(leader, id, { from: cursor, to, fed: passed })
    if (answer === 'rebuild') return ended('no_generation')
    if (answer === 'fenced') return ended('fenced')
    if (answer !== 'advanced') return null
    resender.passed(id, held)
    const failed = await publishFound(leader, campaign, found)
    if (failed !== null) return failed
    await queues.enqueue(leader.app, lane, jobs, priority)
    return { jobs: jobs.length, passed, held, to }
  }

  return {
    get isBusy() {
      return isBusy
    },
    beginTurn() {
      turnEndsMs = clock.monotonic() + REUSE_TURN_MS
      reusedInTurn = 0
      isBusy = false
    },
    async feed(leader, campaign, holds, room) {
      let [current, jobs, passed, steps] = [campaign, 0, 0, 0]
      let batch = Math.min(BATCH, Math.max(LEAST_BATCH, room.jobs * LOOKS_A_JOB))
      for (;;) {
        if (room.jobs <= jobs && stuckAt.get(current.id) === current.cursor) return { jobs, passed }
        const isLate = clock.monotonic() >= turnEndsMs || reusedInTurn >= REUSE_TURN_SCENES
        if (isLate && reuse.isExpectedCommon(current)) {
          isBusy = true
          return { jobs, passed }
        }
        const common = !isLate && (await reuse.isCommon(leader, current))
        if (common && !(await reuse.learn(current, turnEndsMs))) {
          isBusy = true
          return { jobs, passed }
        }
        const left = { jobs: room.jobs - jobs, scenes: room.scenes - passed }
        const next = await step(leader, current, holds, left, common ? batch : null)
        if (next === null) return { jobs, passed }
        if ('ok' in next) return next
        current = { ...current, cursor: next.to }
        jobs += next.jobs
        passed += next.passed
        if (!common) {
          // Behind what waits for its page there may be rows of others.
          const isEnough = ++steps >= MOST_STEPS || clock.monotonic() >= turnEndsMs
          if (next.held.size === 0 || jobs >= room.jobs || isEnough) return { jobs, passed }
          continue
        }
        if (next.jobs === 0) batch = Math.min(BATCH, batch * 2)
        reusedInTurn += next.passed
      }
    },
  }
}
