/** The leader's and the API's side of an app's index in Redis: campaigns, unset bits, the stream, and its rebuilding. */
import { type AppId, type CampaignId, type CampaignRecord, isGeneration } from '@sunpress/core'
import { appKeys, asking, readScript, runScript, type Script } from '@sunpress/redis'
import type { Redis } from 'ioredis'
import {
  type CampaignIndex,
  type CampaignProgress,
  fromFields,
  NO_PROGRESS,
  toFields,
} from './campaign-fields.js'
import type { FeedEntry, FeedIndex, LeaderAnswer } from './feed-port.js'
import { loadBits } from './load-bits.js'
import { eitherOf, unsetBitsIn } from './unset-bits.js'

/** A finished campaign stays in the index for an hour; after that the ledger answers for it. */
const FINISHED_STAYS_MS = 3_600_000
const READ_AT_ONCE = 200

/**
 * One that had ended before the index was built: a snapshot may have brought it back as it was before a retry. Its report in the
 * ledger answers for it.
 */
const isOfBefore = (hash: Record<string, string>, generation: string | null): boolean =>
  hash['finishedAt'] !== undefined && hash['endedUnder'] !== generation

export function createFeedIndex({ redis, namespace }: { redis: Redis; namespace: string }): FeedIndex {
  const scripts = readScripts()
  const keysOf = (app: AppId) => appKeys(namespace, app)
  /** Of the scripts that take a whole campaign out. */
  const leaderKeys = (app: AppId, id: CampaignId): string[] => {
    const keys = keysOf(app)
    return [keys.generation, keys.fence, keys.campaign(id), keys.bits(id), keys.open, keys.parked(id)]
  }
  /** Of those that put it in, once its bits stand there. */
  const loadKeys = (app: AppId, id: CampaignId): string[] => {
    const keys = keysOf(app)
    return [keys.generation, keys.fence, keys.campaign(id), keys.open, keys.parked(id)]
  }
  const run = async <T>(script: Script, keys: string[], args: (string | number | Buffer)[]): Promise<T> =>
    (await runScript(redis, script, keys, args)) as T
  /** `generation`: '' in the middle of a rebuild. */
  const writeBits = <Answer extends string>(app: AppId, id: CampaignId, leader: Loader, bits: Buffer) => {
    const keys = keysOf(app)
    const named = [keys.generation, keys.fence, keys.bits(id), keys.open]
    return loadBits<Answer>(bits, (at, slice) =>
      run(scripts.loadBits, named, [leader.generation, leader.fence, id, at, slice]),
    )
  }

  return {
    async readGeneration(app) {
      const keys = keysOf(app)
      const [generation = null, builtOn = null] = await asking(() =>
        redis.mget(keys.generation, keys.builtOn),
      )
      return { generation: isGeneration(generation) ? generation : null, builtOn }
    },
    async readCampaign(app, id) {
      return (await this.readCampaigns(app, [id]))[0] ?? null
    },
    async readOpen(app) {
      const ids = (await asking(() => redis.zrange(keysOf(app).open, 0, '-1'))) as CampaignId[]
      return await this.readCampaigns(app, ids)
    },
    async readCampaigns(app, ids) {
      const found: CampaignIndex[] = []
      for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
        const some = ids.slice(at, at + READ_AT_ONCE)
        const pipeline = redis.pipeline().get(keysOf(app).generation)
        for (const id of some) pipeline.hgetall(keysOf(app).campaign(id))
        const answers = (await asking(() => pipeline.exec())) ?? []
        const values = []
        for (const [error, value] of answers) {
          if (error !== null) return await asking(() => Promise.reject(error))
          values.push(value)
        }
        const [generation, ...hashes] = values as [string | null, ...Record<string, string>[]]
        for (const [i, hash] of hashes.entries()) {
          const campaign = fromFields(app, some[i] as CampaignId, hash)
          if (campaign !== null && !isOfBefore(hash, generation)) found.push(campaign)
        }
      }
      return found
    },
    open(generation, campaign) {
      const keys = keysOf(campaign.app)
      return run(
        scripts.open,
        [keys.generation, keys.campaign(campaign.id), keys.open],
        [generation, campaign.id, ...toFields(campaign, NO_PROGRESS)],
      )
    },
    control(app, generation, id, { seq, state, priority, retry = 0 }) {
      const keys = keysOf(app)
      const args = [generation, seq, state, priority ?? '', retry]
      return run(scripts.control, [keys.generation, keys.campaign(id)], args)
    },
    async tellUnheard(app, id) {
      await asking(() => redis.sadd(keysOf(app).unheard, id))
    },
    async takeUnheard(app) {
      return (await asking(() => redis.spop(keysOf(app).unheard))) as CampaignId | null
    },
    advanceCursor({ app, generation, fence }, id, { from, to, fed }) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id)]
      return run(scripts.advance, named, [generation, fence, from, to, fed])
    },
    async unsetBits(app, id, { unparked = false, ...range }) {
      const { bits, parked } = keysOf(app)
      const read = (key: string, first: number, last: number) =>
        asking(() => redis.getrangeBuffer(key, first, last))
      return await unsetBitsIn(async (first, last) => {
        if (!unparked) return await read(bits(id), first, last)
        const [done, aside] = await Promise.all([read(bits(id), first, last), read(parked(id), first, last)])
        return eitherOf(done, aside)
      }, range)
    },
    publishMany({ app, generation, fence }, id, found) {
      const keys = keysOf(app)
      const named = [
        keys.generation,
        keys.fence,
        keys.campaign(id),
        keys.bits(id),
        keys.feed,
        keys.parked(id),
        keys.builtOn,
      ]
      const scenes = found.flatMap(({ index, event }) => [
        index,
        event.reused ? 'reused' : 'published',
        JSON.stringify(event),
      ])
      return run(scripts.publishMany, named, [generation, fence, id, ...scenes])
    },
    beginLastRound({ app, generation, fence }, id) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id), keys.parked(id)]
      return run(scripts.lastRound, named, [generation, fence])
    },
    clearRefused({ app, generation, fence }, id, { seq, first, next, indexes }) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id), keys.bits(id)]
      return run(scripts.clear, named, [generation, fence, seq, first, next ?? '', ...indexes])
    },
    noteWindow({ app, generation, fence }, id, closesAt) {
      const keys = keysOf(app)
      const named = [keys.generation, keys.fence, keys.campaign(id)]
      return run(scripts.window, named, [generation, fence, closesAt])
    },
    noteRate({ app, generation, fence }, id, perMinute) {
      const keys = keysOf(app)
      return run(
        scripts.rate,
        [keys.generation, keys.fence, keys.campaign(id)],
        [generation, fence, perMinute],
      )
    },
    async reopen(leader, campaign, progress, bits) {
      const { app, generation, fence } = leader
      const loaded = await writeBits<'there' | LeaderAnswer>(app, campaign.id, leader, bits)
      if (loaded !== 'loaded') return loaded
      const args = [generation, fence, campaign.id, ...loadedFields(campaign, progress)]
      return await run(scripts.reopen, loadKeys(app, campaign.id), args)
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
      const args = [generation, fence, id, state, finishedAt, FINISHED_STAYS_MS]
      return run(scripts.finish, leaderKeys(app, id), args)
    },
    confirm({ app, generation, fence }) {
      const keys = keysOf(app)
      return run(scripts.confirm, [keys.generation, keys.fence, keys.builtOn], [generation, fence])
    },
    beginRebuild(app, fence) {
      const keys = keysOf(app)
      return run(scripts.beginRebuild, [keys.generation, keys.fence, keys.feed], [fence])
    },
    async loadCampaign(app, fence, campaign, progress, bits) {
      const loaded = await writeBits<'fenced'>(app, campaign.id, { generation: '', fence }, bits)
      if (loaded !== 'loaded') return loaded
      const args = [fence, campaign.id, ...loadedFields(campaign, progress)]
      return await run(scripts.load, loadKeys(app, campaign.id), args)
    },
    forgetCampaign(app, fence, id) {
      return run(scripts.forget, leaderKeys(app, id), [fence, id])
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

interface Loader {
  readonly generation: string
  readonly fence: number
}

const loadedFields = (campaign: CampaignRecord, progress: CampaignProgress): (string | number)[] => [
  ...toFields(campaign, progress),
  ...['rebuilt', 1],
]

const readScripts = () => {
  const read = (name: string): Script => readScript(name, import.meta.url)
  return {
    open: read('open-campaign'),
    check: read('check-campaign'),
    control: read('control-campaign'),
    advance: read('advance-cursor'),
    close: read('close-rows'),
    clear: read('clear-refused'),
    lastRound: read('begin-last-round'),
    publishMany: read('publish-many'),
    rate: read('note-rate'),
    window: read('note-window'),
    reopen: read('reopen-campaign'),
    finish: read('finish-campaign'),
    confirm: read('confirm-index'),
    beginRebuild: read('begin-rebuild'),
    forget: read('forget-campaign'),
    loadBits: read('load-bits'),
    load: read('load-campaign'),
    finishRebuild: read('finish-rebuild'),
  }
}

function toEntry([streamId, fields]: [string, string[]]): FeedEntry {
  const [, campaign = '', , n = '0', , event = '{}'] = fields
  return { streamId, campaign: campaign as CampaignId, n: Number(n), line: `${event.slice(0, -1)},"n":${n}}` }
}
