/** A third-party platform as a test describes it, and its switches. */
import { InputDefect } from '../defect.js'
import {
  type JsonObject,
  optional,
  readArray,
  readChoice,
  readObject,
  readText,
  readWhole,
} from '../fields.js'
import type { SealKey } from './seal.js'

export type Rotation = 'always' | 'never' | `every:${number}`

export type PlatformSwitches = {
  /** How often WeChat pushes a ticket, in real time. */
  readonly ticketEveryMs: number
  /** Life of the component's and of the merchants' tokens. */
  readonly tokenSeconds: number
  /** How often a refresh brings another refresh token; the one before is good for 300 s more. */
  readonly refreshRotation: Rotation
  /** Whether api_get_authorizer_list makes new refresh tokens or tells the current ones. */
  readonly listRefresh: 'new' | 'current'
  readonly componentTokenPerDay: number
  /** Of each merchant. */
  readonly authorizerTokenPerDay: number
  /** Addresses that may call; undefined: all. Any other is 61004. */
  readonly ipWhitelist?: readonly string[]
}

export type PlatformConfig = SealKey &
  PlatformSwitches & {
    readonly appSecret: string
    /** Undefined: nothing is pushed. */
    readonly pushUrl?: string
    /** Merchants that have authorised it before the start; nothing is pushed of them. */
    readonly authorised: readonly string[]
  }

/** Any fields of a platform, and which one it is. */
export type PlatformGiven = Partial<PlatformConfig> & { readonly appid: string }

/** NOTE: the two daily limits are guesses; WeChat publishes none. */
export const PLATFORM_DEFAULTS: PlatformSwitches & { readonly authorised: readonly string[] } = {
  ticketEveryMs: 600_000,
  tokenSeconds: 7200,
  refreshRotation: 'always',
  listRefresh: 'new',
  componentTokenPerDay: 2000,
  authorizerTokenPerDay: 2000,
  authorised: [],
}

type Read = (value: unknown, field: string) => unknown
const MAX_COUNT = 1_000_000_000

const READERS: Readonly<Record<Exclude<keyof PlatformConfig, 'appid'>, Read>> = {
  appSecret: readText,
  verifyToken: readText,
  encodingAesKey: readAesKey,
  pushUrl: readUrl,
  ticketEveryMs: (value, field) => readWhole(value, field, 1, 2_000_000_000),
  tokenSeconds: (value, field) => readWhole(value, field, 1, 86_400),
  refreshRotation: readRotation,
  listRefresh: (value, field) => readChoice(value, field, ['new', 'current']),
  componentTokenPerDay: (value, field) => readWhole(value, field, 0, MAX_COUNT),
  authorizerTokenPerDay: (value, field) => readWhole(value, field, 0, MAX_COUNT),
  ipWhitelist: readTexts,
  authorised: readTexts,
}

export const PLATFORM_FIELDS = Object.keys(READERS)

/** An appid and any of the fields: the whole of a new platform, or what changes of one. @throws InputDefect */
export function readPlatform(value: unknown, field: string): PlatformGiven {
  const from = readObject(value, field, ['appid', ...PLATFORM_FIELDS])
  const appid = readText(from['appid'], `${field}.appid`)
  const read = Object.entries(READERS).flatMap(([name, reader]) => {
    const found = optional(from, name, (item) => reader(item, `${field}.${name}`))
    return found === undefined ? [] : [[name, found]]
  })
  return { ...Object.fromEntries(read), appid }
}

/** Fills the defaults in. @throws InputDefect when one of the fields that have none is missing. */
export function fillPlatform(given: PlatformGiven, field: string): PlatformConfig {
  const filled = { ...PLATFORM_DEFAULTS, ...given }
  for (const name of ['appSecret', 'verifyToken', 'encodingAesKey']) {
    readText((filled as JsonObject)[name], `${field}.${name}`)
  }
  return filled as PlatformConfig
}

export function readTexts(value: unknown, field: string): string[] {
  return readArray(value, field).map((text, index) => readText(text, `${field}[${index}]`))
}

function readAesKey(value: unknown, field: string): string {
  const text = readText(value, field)
  if (!/^[A-Za-z0-9+/]{43}$/.test(text)) throw new InputDefect(field, '43 characters of base64', value)
  return text
}

function readUrl(value: unknown, field: string): string {
  const text = readText(value, field)
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InputDefect(field, 'an http or https URL', value)
  }
  return text
}

function readRotation(value: unknown, field: string): Rotation {
  if (value === 'always' || value === 'never') return value
  if (typeof value === 'string' && /^every:[1-9]\d{0,5}$/.test(value)) return value as Rotation
  throw new InputDefect(field, 'always, never or every:<n>', value)
}
