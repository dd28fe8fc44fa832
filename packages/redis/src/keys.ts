/** Every key name is built here. All keys of an app share the hash tag {appid}, so that one script can see them all. */
import type { AppId, CampaignId, ComponentId, Lane } from '@sunpress/core'

export type TallyKind = 'codes' | 'pages'

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
  /** SET of campaigns with a command that the index could not hear of: the leader is to look at their logs now. */
  readonly unheard: string
  /** The sealed access token. */
  readonly token: string
  /** Held by the process that is fetching a token. */
  readonly tokenFlight: string
  /** Counts, cursors and state of a campaign. */
  campaign(id: CampaignId): string
  /** One bit a scene. */
  bits(id: CampaignId): string
  /** One bit a scene: set aside for a last round. */
  parked(id: CampaignId): string
  /** Arrival time, pace, counts and hold of a lane. */
  permits(lane: Lane): string
  /** The hold of the whole app. */
  readonly appHold: string
  /** Held pages and campaigns, and runs of refusals that may hold them. */
  readonly gate: string
  /** Whether a page is known to be good, or under probe. */
  page(hash: string): string
  /** What is known of a count that WeChat keeps for a lifetime: codes of the limited lane, or unchecked pages. */
  tally(kind: TallyKind): string
  /** SET of what was counted. */
  tallied(kind: TallyKind): string
  /** ZSET of what is being called for and may be counted next. */
  tallying(kind: TallyKind): string
  /** What WeChat last said of the app's quotas. */
  readonly observedQuota: string
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
    unheard: `${at}:unheard`,
    token: `${at}:token`,
    tokenFlight: `${at}:token-flight`,
    campaign: (id) => `${at}:campaign:${id}`,
    bits: (id) => `${at}:bits:${id}`,
    parked: (id) => `${at}:parked:${id}`,
    permits: (lane) => `${at}:permits:${lane}`,
    appHold: `${at}:hold`,
    gate: `${at}:gate`,
    page: (hash) => `${at}:page:${hash}`,
    tally: (kind) => `${at}:tally:${kind}`,
    tallied: (kind) => `${at}:tallied:${kind}`,
    tallying: (kind) => `${at}:tallying:${kind}`,
    observedQuota: `${at}:observed-quota`,
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

/** Of a third-party platform; its tag is its own id, which no app has. Its own token stands where an app's does. */
export interface PlatformKeys {
  /** Which ticket WeChat refused, or that there is none; goes when another comes. */
  readonly ticketMissed: string
  /** Another text after each change of the list of merchants. */
  readonly merchants: string
  /** The fencing number given out last to a writer of the vault; it has no expiry. */
  readonly fence: string
  /** Held by the writer of one record. */
  lease(record: string): string
  /** A push that has come before. */
  push(digest: string): string
}

export function platformKeys(namespace: string, component: ComponentId): PlatformKeys {
  const at = `${namespace}:{${component}}`
  return {
    ticketMissed: `${at}:ticket-missed`,
    merchants: `${at}:merchants`,
    fence: `${at}:vault-fence`,
    lease: (record) => `${at}:vault-lease:${record}`,
    push: (digest) => `${at}:push:${digest}`,
  }
}

export interface ScheduleKeys {
  /** Held by the process that is making a night of this schedule. */
  lease(name: string): string
  readonly fence: string
  /** The prefix of the queue of timers, whose name is `nights`. */
  readonly queuePrefix: string
}

/** Of no app: who runs nights. */
export function scheduleKeys(namespace: string): ScheduleKeys {
  const at = `${namespace}:{schedules}`
  return { lease: (name) => `${at}:lease:${name}`, fence: `${at}:fence`, queuePrefix: at }
}
