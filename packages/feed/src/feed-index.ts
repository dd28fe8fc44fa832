/** The leader's and the API's side of an app's index in Redis: campaigns, unset bits, the stream, and its rebuilding. */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type Generation,
  isGeneration,
} from '@sunpress/core'
import { appKeys, asking, readScript, runScript, type Script } from '@sunpress/redis'
import type { Redis } from 'ioredis'
import {
  type CampaignIndex,
  type CampaignProgress,
  fromFields,
  NO_PROGRESS,
  toFields,
} from './campaign-fields.js'
import { unsetBitsIn } from './unset-bits.js'

/** A row as it stands in the stream: `line` is the event's JSON with its number. */
export interface FeedEntry {
  readonly streamId: string
  readonly campaign: CampaignId
  readonly n: number
  readonly line: string
}

/** Proof of leadership that scripts check: generation and fencing number. */
export interface Leadership {
  readonly app: AppId
  readonly generation: Generation
  readonly fence: number
}

export type LeaderAnswer = 'fenced' | 'rebuild'

export interface FeedIndex {
  readGeneration(app: AppId): Promise<{ generation: Generation | null; builtOn: string | null }>
  /** null when the index doesn't hold it. */
  readCampaign(app: AppId, id: CampaignId): Promise<CampaignIndex | null>
  readOpen(app: AppId): Promise<CampaignIndex[]>
  /** Tells upkeep of a campaign that the ledger holds. `rebuild`: upkeep will find it by itself. */
  open(generation: Generation, campaign: CampaignRecord): Promise<'opened' | 'there' | 'rebuild'>
  control(
    app: AppId,
    generation: Generation,
    id: CampaignId,
    command: { seq: number; state: 'running' | 'paused' | 'cancelled' },
  ): Promise<'applied' | 'older' | 'final' | 'rebuild' | 'unknown'>
  advanceCursor(
    leader: Leadership,
    id: CampaignId,
    step: { from: number; to: number; fed: number },
  ): Promise<'advanced' | 'moved' | LeaderAnswer>
  /** The first `limit` scenes at or after `from` and below `below` that are not done. */
  unsetBits(
    app: AppId,
    id: CampaignId,
    range: { from: number; below: number; limit: number },
  ): Promise<number[]>
  /** Entries behind a stream id ('' = from the start), oldest first. */
  readEntries(app: AppId, after: string, limit: number): Promise<FeedEntry[]>
  feedLength(app: AppId): Promise<number>
  /** false when a part of the campaign's index was lost. */
  isSound(app: AppId, id: CampaignId): Promise<boolean>
  closeRows(
    leader: Leadership,
    id: CampaignId,
    lastN: number,
    keepFrom: string,
  ): Promise<'closed' | LeaderAnswer>
  finish(
    leader: Leadership,
    id: CampaignId,
    end: { state: string; finishedAt: string },
  ): Promise<'finished' | LeaderAnswer>
  beginRebuild(app: AppId, fence: number): Promise<'begun' | 'fenced'>
  loadCampaign(
    app: AppId,
    fence: number,
    campaign: CampaignRecord,
    progress: CampaignProgress,
    bits: Buffer,
  ): Promise<'loaded' | 'fenced'>
  /** For a campaign that the ledger doesn't hold open: its report answers for it. */
  forgetCampaign(app: AppId, fence: number, id: CampaignId): Promise<'forgotten' | 'fenced'>
  finishRebuild(
    app: AppId,
    fence: number,
    generation: Generation,
    runId: string,
  ): Promise<'finished' | 'fenced'>
}

/** A finished campaign stays in the index for an hour; after that the ledger answers for it. */
const FINISHED_STAYS_MS = 3_600_000

export function createFeedIndex({ redis, namespace }: { redis: Redis; namespace: string }): FeedIndex {
  const scripts = readScripts()
  const keysOf = (app: AppId) => appKeys(namespace, app)
  const run = async <T>(script: Script, keys: string[], args: (string | number | Buffer)[]): Promise<T> =>
    (await runScript(redis, script, keys, args)) as T

  return {
    async readGeneration(app) {
      const keys = keysOf(app)
      const [generation = null, builtOn = null] = await asking(() =>
        redis.mget(keys.generation, keys.builtOn),
      )
      return { generation: isGeneration(generation) ? generation : null, builtOn }
    },
    async readCampaign(app, id) {
      return fromFields(app, id, await asking(() => redis.hgetall(keysOf(app).campaign(id))))
    },
    async readOpen(app) {
      const ids = (await asking(() => redis.zrange(keysOf(app).open, 0, '-1'))) as CampaignId[]
      const found = await Promise.all(ids.map((id) => this.readCampaign(app, id)))
      return found.filter((campaign) => campaign !== null)
    },
    open(generation, campaign) {
      const keys = keysOf(campaign.app)
      return run(
        scripts.open,
        [keys.generation, keys.campaign(campaign.id), keys.open],
        [generation, campaign.id, ...toFields(campaign, NO_PROGRESS)],
      )
    },
    control(app, generation, id, { seq, state }) {
      const keys = keysOf(app)
      return run(scripts.control, [keys.generation, keys.campaign(id)], [generation, seq, state])
    },
    advanceCursor({ app, generation, fence }, id, { from, to, fed }) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id)]
      return run(scripts.advance, named, [generation, fence, from, to, fed])
    },
    async unsetBits(app, id, { from, below, limit }) {
      const read = (first: number, last: number) =>
        asking(() => redis.getrangeBuffer(keysOf(app).bits(id), first, last))
      return await unsetBitsIn(read, { from, below, limit })
    },
    async readEntries(app, after, limit) {
      const start = after === '' ? '-' : `(${after}`
      const entries = await asking(() => redis.xrange(keysOf(app).feed, start, '+', 'COUNT', limit))
      return entries.map(toEntry)
    },
    async isSound(app, id) {
      const keys = keysOf(app)
      return (await run<number>(scripts.check, [keys.campaign(id), keys.bits(id), keys.feed], [])) === 1
    },
    feedLength: (app) => asking(() => redis.xlen(keysOf(app).feed)),
    closeRows({ app, generation, fence }, id, lastN, keepFrom) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.feed, keys.campaign(id)]
      return run(scripts.close, named, [generation, fence, lastN, keepFrom])
    },
    finish({ app, generation, fence }, id, { state, finishedAt }) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id), keys.bits(id), keys.open]
      return run(scripts.finish, named, [generation, fence, id, state, finishedAt, FINISHED_STAYS_MS])
    },
    beginRebuild(app, fence) {
      const keys = keysOf(app)
      return run(scripts.beginRebuild, [keys.generation, keys.fence, keys.feed], [fence])
    },
    loadCampaign(app, fence, campaign, progress, bits) {
      const keys = keysOf(app)
      const named = [
        keys.generation,
        keys.fence,
        keys.campaign(campaign.id),
        keys.bits(campaign.id),
        keys.open,
      ]
      const fields = [...toFields(campaign, progress), 'rebuilt', 1]
      return run(scripts.load, named, [fence, campaign.id, bits, ...fields])
    },
    forgetCampaign(app, fence, id) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id), keys.bits(id), keys.open]
      return run(scripts.forget, named, [fence, id])
    },
    finishRebuild(app, fence, generation, runId) {
      const keys = keysOf(app)
      return run(
        scripts.finishRebuild,
        [keys.generation, keys.fence, keys.builtOn],
        [fence, generation, runId],
      )
    },
  }
}

const readScripts = () => {
  const read = (name: string): Script => readScript(name, import.meta.url)
  return {
    open: read('open-campaign'),
    check: read('check-campaign'),
    control: read('control-campaign'),
    advance: read('advance-cursor'),
    close: read('close-rows'),
    finish: read('finish-campaign'),
    beginRebuild: read('begin-rebuild'),
    forget: read('forget-campaign'),
    load: read('load-campaign'),
    finishRebuild: read('finish-rebuild'),
  }
}

function toEntry([streamId, fields]: [string, string[]]): FeedEntry {
  const [, campaign = '', , n = '0', , event = '{}'] = fields
  return { streamId, campaign: campaign as CampaignId, n: Number(n), line: `${event.slice(0, -1)},"n":${n}}` }
}
