/** Every key name is built here. All keys of an app share the hash tag {appid}, so that one script can see them all. */
import type { AppId, CampaignId, Lane } from '@sunpress/core'

export interface AppKeys {
  /** Names the rebuild that this index comes from; written last. */
  readonly generation: string
  /** The run id of the server on which this generation was built. */
  readonly builtOn: string
  /** Who feeds, writes manifests and rebuilds: see lease.ts. */
  readonly lease: string
  /** The fencing number given out last; it has no expiry. */
  readonly fence: string
  /** The stream of numbered events. */
  readonly feed: string
  /** ZSET of open campaigns. */
  readonly open: string
  /** The sealed access token. */
  readonly token: string
  /** Held by the process that is fetching a token. */
  readonly tokenFlight: string
  /** Counts, cursors and state of a campaign. */
  campaign(id: CampaignId): string
  /** One bit a scene. */
  bits(id: CampaignId): string
  /** Arrival time, pace and hold of a lane. */
  permits(lane: Lane): string
  /** The prefix of the app's BullMQ queues; the lane is the queue's name. */
  readonly queuePrefix: string
}

export function appKeys(namespace: string, app: AppId): AppKeys {
  const at = `${namespace}:{${app}}`
  return {
    generation: `${at}:generation`,
    builtOn: `${at}:built-on`,
    lease: `${at}:lease`,
    fence: `${at}:fence`,
    feed: `${at}:feed`,
    open: `${at}:open`,
    token: `${at}:token`,
    tokenFlight: `${at}:token-flight`,
    campaign: (id) => `${at}:campaign:${id}`,
    bits: (id) => `${at}:bits:${id}`,
    permits: (lane) => `${at}:permits:${lane}`,
    queuePrefix: at,
  }
}

/** Held by the process that is answering a request with an Idempotency-Key, as a lease; the tag keeps both in one slot. */
export const requestKeys = (namespace: string, hash: string): { lease: string; fence: string } => ({
  lease: `${namespace}:{requests}:${hash}`,
  fence: `${namespace}:{requests}:fence`,
})

/** How far the upload of a campaign has come. */
export const planningKey = (namespace: string, id: CampaignId): string => `${namespace}:{${id}}:planning`
