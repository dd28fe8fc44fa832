/** What the simulator knows of an app, and the switches where sources about WeChat disagree. */
import { InputDefect } from './defect.js'
import {
  type JsonObject,
  optional,
  readArray,
  readChoice,
  readFlag,
  readJson,
  readObject,
  readText,
  readWhole,
} from './fields.js'

export type AppSwitches = {
  /** Undefined: any secret is right. */
  readonly secret?: string
  readonly perMinute: number
  /** The released pages. Undefined: every page is. */
  readonly pages?: readonly string[]
  /** What a call beyond the minute's limit is answered; mixed takes turns. */
  readonly overLimit: '45009' | '45011' | 'mixed'
  /** A lower limit that no documentation names, answered 45011. */
  readonly burst?: { readonly calls: number; readonly windowMs: number }
  /** What a width outside 280 to 1280 is answered; clamp takes the nearest one. */
  readonly badWidth: '40189' | '47001' | 'clamp'
  /** What /cgi-bin/token answers to a wrong secret; stable_token always says 40125. */
  readonly wrongSecret: '40125' | '40001'
  /** Every call of this app fails so: 48001, 50002 and the like. */
  readonly accountErrcode?: number
  readonly tokenSeconds: number
  /** How many distinct pages may be printed with check_path false. */
  readonly pageCap: number
  readonly hyalineContentType: 'image/jpeg' | 'image/png'
  /** True: `\uXXXX` in a body is not decoded. */
  readonly literalUnicodeEscapes: boolean
}

export type AppConfig = AppSwitches & { readonly appid: string }

export const DEFAULT_SWITCHES: AppSwitches = {
  perMinute: 5000,
  overLimit: '45009',
  badWidth: '40189',
  wrongSecret: '40125',
  tokenSeconds: 7200,
  pageCap: 60_000,
  hyalineContentType: 'image/jpeg',
  literalUnicodeEscapes: true,
}

/** `apps` undefined: any appid exists, with the defaults. */
export type AppsConfig = { readonly defaults: AppSwitches; readonly apps?: readonly AppConfig[] }

type Readers = { readonly [K in keyof AppSwitches]-?: (value: unknown, field: string) => AppSwitches[K] }

/** One reader for each switch; a file may name no other field. */
const READERS: Readers = {
  secret: readText,
  perMinute: (value, field) => readWhole(value, field, 1, 10_000_000),
  pages: (value, field) => readArray(value, field).map((page, i) => readText(page, `${field}[${i}]`)),
  overLimit: (value, field) => readChoice(asText(value), field, ['45009', '45011', 'mixed']),
  burst: readBurst,
  badWidth: (value, field) => readChoice(asText(value), field, ['40189', '47001', 'clamp']),
  wrongSecret: (value, field) => readChoice(asText(value), field, ['40125', '40001']),
  accountErrcode: (value, field) => readWhole(value, field, -1_000_000, 1_000_000),
  tokenSeconds: (value, field) => readWhole(value, field, 1, 86_400),
  pageCap: (value, field) => readWhole(value, field, 1, 60_000),
  hyalineContentType: (value, field) => readChoice(value, field, ['image/jpeg', 'image/png']),
  literalUnicodeEscapes: readFlag,
}

const SWITCHES = Object.keys(READERS) as (keyof AppSwitches)[]

/**
 * Parses an apps file: JSON, either a list of apps or `{ "defaults": {…}, "apps": […] }`; without `apps` any appid exists.
 * @throws InputDefect naming the field.
 */
export function parseAppsFile(text: string, base: AppSwitches = DEFAULT_SWITCHES): AppsConfig {
  const value = readJson(text, 'the apps file')
  const file = Array.isArray(value)
    ? { apps: value as unknown }
    : readObject(value, 'file', ['defaults', 'apps'])
  const defaults = { ...base, ...readSwitches(file['defaults'] ?? {}, 'defaults', SWITCHES) }
  const apps = optional(file, 'apps', (list) => readApps(list, defaults))
  return apps === undefined ? { defaults } : { defaults, apps }
}

function readApps(list: unknown, defaults: AppSwitches): AppConfig[] {
  const seen = new Set<string>()
  return readArray(list, 'apps').map((item, index) => {
    const field = `apps[${index}]`
    const from = readObject(item, field, ['appid', ...SWITCHES])
    const appid = readText(from['appid'], `${field}.appid`)
    if (seen.has(appid)) throw new InputDefect(`${field}.appid`, 'an appid not named before', appid)
    seen.add(appid)
    return { ...defaults, ...readSwitches(from, field, ['appid', ...SWITCHES]), appid }
  })
}

function readSwitches(value: unknown, field: string, known: readonly string[]): Partial<AppSwitches> {
  const from: JsonObject = readObject(value, field, known)
  const present = SWITCHES.filter((name) => from[name] !== undefined)
  return Object.fromEntries(present.map((name) => [name, READERS[name](from[name], `${field}.${name}`)]))
}

function readBurst(value: unknown, field: string): { calls: number; windowMs: number } {
  const from = readObject(value, field, ['calls', 'windowMs'])
  return {
    calls: readWhole(from['calls'], `${field}.calls`, 1, 1_000_000),
    windowMs: readWhole(from['windowMs'], `${field}.windowMs`, 1, 86_400_000),
  }
}

/** Codes may be written as numbers. */
function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}
