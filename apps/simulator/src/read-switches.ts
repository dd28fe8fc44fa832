/** Reads the switches of apps from JSON: a file, an admin call or a step of a scenario. */
import type { AppConfig, AppSwitches, AppsConfig, ReleasedPages, ToldQuota } from './app-config.js'
import { DEFAULT_SWITCHES, ENV_VERSIONS } from './app-config.js'
import { fillPlatform, type PlatformGiven, readPlatform, readTexts } from './component/platform-config.js'
import { InputDefect } from './defect.js'
import {
  optional,
  readArray,
  readChoice,
  readFlag,
  readJson,
  readObject,
  readText,
  readWhole,
} from './fields.js'
import { readHosting } from './hosting.js'
import { QUOTA_OF } from './spender.js'

type Read<T> = (value: unknown, field: string) => T
type Readers = { readonly [K in keyof AppSwitches]-?: Read<AppSwitches[K]> }

/** One reader for each switch; a file may name no other field. */
const READERS: Readers = {
  secret: readText,
  perMinute: whole(1, 10_000_000),
  dailyLimit: whole(0, 1_000_000_000),
  limitedPerMinute: whole(1, 10_000_000),
  limitedPerDay: whole(0, 1_000_000_000),
  limitedLifetime: whole(0, 1_000_000),
  quotaGetPerDay: whole(0, 1_000_000_000),
  clearsPerMonth: whole(0, 1_000_000),
  numUsedOn: (value, field) => readChoice(value, field, ['getwxacode', 'both', 'none']),
  pathBytes: whole(1, 1024),
  pages: readPages,
  overLimit: (value, field) => readChoice(asText(value), field, ['45009', '45011', 'mixed']),
  burst: readBurst,
  badWidth: (value, field) => readChoice(asText(value), field, ['40189', '47001', 'clamp']),
  wrongSecret: (value, field) => readChoice(asText(value), field, ['40125', '40001']),
  accountErrcode: whole(-1_000_000, 1_000_000),
  platformErrcode: whole(-1_000_000, 1_000_000),
  ipWhitelist: readTexts,
  quotaGetTells: readTold,
  tokenSeconds: whole(1, 86_400),
  pageCap: whole(1, 60_000),
  hyalineContentType: (value, field) => readChoice(value, field, ['image/jpeg', 'image/png']),
  literalUnicodeEscapes: readFlag,
}

export const SWITCHES = Object.keys(READERS) as (keyof AppSwitches)[]

/**
 * Parses an apps file: JSON, either a list of apps or `{ "defaults": {…}, "apps": […], "platforms": […], "hosting": {…} }`; without `apps` any appid exists.
 * @throws InputDefect naming the field.
 */
export function parseAppsFile(text: string, base: AppSwitches = DEFAULT_SWITCHES): AppsConfig {
  const value = readJson(text, 'the apps file')
  const file = Array.isArray(value)
    ? { apps: value as unknown }
    : readObject(value, 'file', ['defaults', 'apps', 'platforms', 'hosting'])
  const defaults = { ...base, ...readSwitches(file['defaults'] ?? {}, 'defaults') }
  const apps = optional(file, 'apps', (list) => readApps(list, defaults))
  const platforms = optional(file, 'platforms', readPlatforms)
  const hosting = optional(file, 'hosting', (order) => readHosting(order, 'hosting'))
  return {
    defaults,
    ...(apps === undefined ? {} : { apps }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(hosting === undefined ? {} : { hosting }),
  }
}

function readPlatforms(list: unknown): PlatformGiven[] {
  return readArray(list, 'platforms').map((item, index) => {
    const given = readPlatform(item, `platforms[${index}]`)
    fillPlatform(given, `platforms[${index}]`)
    return given
  })
}

function readTold(value: unknown, field: string): Readonly<Record<string, ToldQuota>> {
  const paths = readObject(value, field, Object.keys(QUOTA_OF))
  return Object.fromEntries(
    Object.entries(paths).map(([path, told]) => {
      const from = readObject(told, `${field}.${path}`, ['dailyLimit', 'used', 'perMinute'])
      const numbers = Object.entries(from).map(([name, number]) => {
        return [name, readWhole(number, `${field}.${path}.${name}`, 0)]
      })
      return [path, Object.fromEntries(numbers)]
    }),
  )
}

function readApps(list: unknown, defaults: AppSwitches): AppConfig[] {
  const seen = new Set<string>()
  return readArray(list, 'apps').map((item, index) => {
    const field = `apps[${index}]`
    const { appid, ...switches } = readAppSwitches(item, field)
    if (appid === undefined) throw new InputDefect(`${field}.appid`, 'a text', undefined)
    if (seen.has(appid)) throw new InputDefect(`${field}.appid`, 'an appid not named before', appid)
    seen.add(appid)
    return { ...defaults, ...switches, appid }
  })
}

/** Switches, with or without the appid that they are for. */
export function readAppSwitches(value: unknown, field: string): Partial<AppConfig> {
  const from = readObject(value, field, ['appid', ...SWITCHES])
  const { appid, ...switches } = from
  const read = readSwitches(switches, field)
  return appid === undefined ? read : { ...read, appid: readText(appid, `${field}.appid`) }
}

function readSwitches(value: unknown, field: string): Partial<AppSwitches> {
  const from = readObject(value, field, SWITCHES)
  const present = SWITCHES.filter((name) => from[name] !== undefined)
  return Object.fromEntries(present.map((name) => [name, READERS[name](from[name], `${field}.${name}`)]))
}

function whole(min: number, max: number): Read<number> {
  return (value, field) => readWhole(value, field, min, max)
}

function readPages(value: unknown, field: string): ReleasedPages {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return readTexts(value, field)
  const byVersion = readObject(value, field, ENV_VERSIONS)
  return Object.fromEntries(
    Object.entries(byVersion).map(([version, list]) => [version, readTexts(list, `${field}.${version}`)]),
  )
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
