/**
 * Publishes scenes whose pictures stand in the store already, without a job and without a call: what is printed every night costs
 * nothing when nothing is new. The first rows of each block are looked up; only where pictures are common there, all others are:
 * by a list, where the campaign repeats another one and the store can vouch by lists, else one by one.
 * What can't be confirmed gets a job as any other scene, and its worker sees why.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type ClosedCode,
  isFault,
  nameCode,
  publishedEvent,
  type SceneJob,
} from '@sunpress/core'
import type { CampaignIndex, FoundScene, Leadership } from '@sunpress/feed'
import { inPool } from './in-pool.js'
import type { KnownPictures } from './known-pictures/known-pictures.js'
import type { UpkeepParts } from './parts.js'
import { toJob } from './scene-jobs.js'
import type { SceneReader } from './scene-reader.js'
import { isOfTheCampaign } from './set-aside.js'

/** As many as a part of rows has: what was printed together was often asked for together. */
export const BLOCK = 10_000
const SAMPLE = 100
/** Of a sample, or of a batch: from here on pictures are common. */
const COMMON = 1 / 2
/** Scenes confirmed in one go. */
export const BATCH = 1_000
const AT_ONCE = 32
/** A store that can't be asked is left to the workers, who know what to do about it. */
const AFTER_FAULT_MS = 30_000

export interface ReusePass {
  /** Are pictures common where the campaign's cursor stands? */
  isCommon(leader: Leadership, campaign: CampaignIndex): Promise<boolean>
  /** The same, as far as it can be expected: nothing is asked, and a new block is taken to be as the one before. */
  isExpectedCommon(campaign: CampaignIndex): boolean
  /** Before pictures that are common are looked up: learns of them by lists. false when that needs another turn. */
  learn(campaign: CampaignIndex, untilMs: number): Promise<boolean>
  /** Looks all of these up. `missing` are those without a picture, ascending as `scenes` are. */
  find(
    leader: Leadership,
    campaign: CampaignIndex,
    scenes: readonly number[],
  ): Promise<{ found: FoundScene[]; missing: number[] }>
}

interface Block {
  readonly number: number
  common: boolean
}

export function createReusePass(
  parts: Pick<UpkeepParts, 'index' | 'codes' | 'clock' | 'observer'>,
  reader: SceneReader,
  known: KnownPictures,
): ReusePass {
  const { index, codes, clock, observer } = parts
  const blocks = new Map<CampaignId, Block>()
  let restUntilMs = Number.NEGATIVE_INFINITY

  const jobOf = async (leader: Leadership, record: CampaignRecord, at: number): Promise<SceneJob> =>
    toJob(leader, record, {
      index: at,
      row: await reader.row(record.id, at),
      again: false,
      lastRound: false,
    })

  const sample = async (leader: Leadership, { id, cursor, counts }: CampaignIndex): Promise<boolean> => {
    const range = { from: cursor, below: Math.min(counts.total, blockEnd(cursor)), limit: SAMPLE }
    const scenes = await index.unsetBits(leader.app, id, range)
    const record = await reader.record(id)
    const hits = await inPool(scenes, AT_ONCE, async (at) => {
      const { app, scene, look } = await jobOf(leader, record, at)
      // Never by a list: where that is wrong, a sample shows it.
      return (await codes.stat(nameCode(app, scene, look).key)) !== null
    })
    return scenes.length > 0 && hits.filter(Boolean).length >= scenes.length * COMMON
  }

  const orRest = async <T>(step: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await step()
    } catch (fault) {
      if (!isOfTheStore(fault)) throw fault
      restUntilMs = clock.monotonic() + AFTER_FAULT_MS
      return otherwise
    }
  }

  const knownOf = ({ id, cursor }: CampaignIndex): Block | undefined => {
    const known = blocks.get(id)
    return known?.number === Math.floor(cursor / BLOCK) ? known : undefined
  }

  return {
    isExpectedCommon: ({ id }) => clock.monotonic() >= restUntilMs && blocks.get(id)?.common === true,
    async isCommon(leader, campaign) {
      const { id, cursor, counts } = campaign
      if (cursor >= counts.total || clock.monotonic() < restUntilMs) return false
      const known = knownOf(campaign)
      if (known !== undefined) return known.common
      const common = await orRest(() => sample(leader, campaign), false)
      blocks.set(id, { number: Math.floor(cursor / BLOCK), common })
      forgetOldest(blocks)
      return common
    },
    async learn(campaign, untilMs) {
      const looks = campaign.counts.total - campaign.cursor
      try {
        const record = await reader.record(campaign.id)
        return await known.learn(record, looks, untilMs)
      } catch (fault) {
        // A list that fails, or damage in what it repeats, is no fault of this campaign: all is looked at one by one.
        if (!isOfTheStore(fault) && !isOfTheCampaign(fault)) throw fault
        observer.failed(campaign.app, fault)
        return true
      }
    },
    async find(leader, campaign, scenes) {
      const record = await reader.record(campaign.id)
      const looked = await inPool(scenes, AT_ONCE, async (at) => {
        const job = await jobOf(leader, record, at)
        const name = nameCode(job.app, job.scene, job.look)
        const code =
          known.find(record.id, name, job.look) ?? (await orRest(() => confirmed(codes, name.key, job), null))
        if (code === null) return at
        const reused = !campaign.rebuilt || code.closedAtMs < job.campaignCreatedAtMs
        return { index: at, event: publishedEvent(job, name, code, reused, clock.now()) }
      })
      const found = looked.filter((one) => typeof one !== 'number')
      const missing = looked.filter((one) => typeof one === 'number')
      if ((scenes.at(-1) ?? 0) + 1 >= campaign.counts.total) known.forget(campaign.id)
      const block = blocks.get(campaign.id)
      if (block !== undefined && found.length < scenes.length * COMMON) block.common = false
      return { found, missing }
    },
  }
}

const isOfTheStore = (fault: unknown): boolean => isFault(fault) && fault.code.startsWith('store_')

export const blockEnd = (cursor: number): number => (Math.floor(cursor / BLOCK) + 1) * BLOCK

/** null as well for a picture that isn't as expected: the scene's worker says so. */
async function confirmed(
  codes: UpkeepParts['codes'],
  key: string,
  { look }: SceneJob,
): Promise<ClosedCode | null> {
  try {
    return await codes.confirm(key, look)
  } catch (fault) {
    if (isFault(fault) && fault.kind === 'retry') return null
    throw fault
  }
}

const BLOCKS_KEPT = 10_000

function forgetOldest(blocks: Map<CampaignId, Block>): void {
  const [oldest] = blocks.keys()
  if (blocks.size > BLOCKS_KEPT && oldest !== undefined) blocks.delete(oldest)
}
