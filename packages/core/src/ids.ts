import { decodeTime, encodeTime, ulid } from 'ulid'
import type { Brand } from './brand.js'

/** `wx` and 16 lower-case hex digits, as WeChat gives them out. */
export type AppId = Brand<string, 'AppId'>
/** A third-party platform's own id: `wx` and 16 lower-case hex digits too. */
export type ComponentId = Brand<string, 'ComponentId'>
/** A ULID: 26 characters of Crockford base32, sorting by creation time. */
export type CampaignId = Brand<string, 'CampaignId'>
/** `<appid>-<52 characters of lower-case base32>`: see code-id.ts. */
export type CodeId = Brand<string, 'CodeId'>
/** 26 characters of lower-case base32: see code-id.ts. */
export type LookId = Brand<string, 'LookId'>
/** `<campaign>.<index>` for a scene of a campaign. */
export type EventId = Brand<string, 'EventId'>
/** Names one rebuild of an app's index in Redis. Contains no dot. */
export type Generation = Brand<string, 'Generation'>

const APP_ID = /^wx[0-9a-f]{16}$/
const CAMPAIGN_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const CODE_ID = /^(wx[0-9a-f]{16})-([a-z2-7]{52})$/
const GENERATION = /^[0-9A-Za-z]{1,40}$/

export const isAppId = (value: unknown): value is AppId => typeof value === 'string' && APP_ID.test(value)

export const isComponentId = (value: unknown): value is ComponentId =>
  typeof value === 'string' && APP_ID.test(value)

export const isCampaignId = (value: unknown): value is CampaignId =>
  typeof value === 'string' && CAMPAIGN_ID.test(value)

export const isCodeId = (value: unknown): value is CodeId => typeof value === 'string' && CODE_ID.test(value)

export const isGeneration = (value: unknown): value is Generation =>
  typeof value === 'string' && GENERATION.test(value)

/** The app that a code belongs to. */
export const appOfCode = (codeId: CodeId): AppId => codeId.slice(0, codeId.indexOf('-')) as AppId

export const newCampaignId = (nowMs: number): CampaignId => ulid(nowMs) as CampaignId

/** Epoch ms of its creation; of a schedule's night: when that was to begin. */
export const campaignTimeOf = (id: CampaignId): number => decodeTime(id)

/** Sorts before every campaign created at `ms` or later, and behind all that are older. */
export const campaignIdFloor = (ms: number): string => encodeTime(Math.max(0, Math.floor(ms)), 10)

export const newGeneration = (nowMs: number): Generation => ulid(nowMs) as unknown as Generation

export const eventIdOf = (campaign: CampaignId, index: number): EventId => `${campaign}.${index}` as EventId
