/**
 * The apps file, already parsed from YAML: who we print for. All defects at once, and no defect shows a credential.
 * Pure: reading the secrets that it refers to is the caller's.
 */
import { type App, DEFAULT_QUOTAS, type Quotas, type SecretCredential } from './app.js'
import { defective, type FieldDefect, fieldDefect, type Parsed, parsed } from './field-defect.js'
import { type AppId, isAppId } from './ids.js'
import { Secret } from './secret.js'

/** Where a secret is kept: `file:/absolute/path` or `env:NAME`. */
export type SecretReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }

export interface AppsFileOptions {
  /** Gives the secret, or the defect of `field` when there is none to be had. */
  readonly resolveSecret: (reference: SecretReference, field: string) => Secret | FieldDefect
  /** Share of each quota for apps that don't name one. */
  readonly defaultShare?: number
}

type Fields = Readonly<Record<string, unknown>>

const MAX_NAME_CHARACTERS = 100
const REFERENCE = /^(?:file:(?<path>\/.+)|env:(?<name>[A-Za-z_][A-Za-z0-9_]*))$/
const LATER_KINDS: ReadonlySet<unknown> = new Set([
  'component',
  'external',
  'cloudbase',
  'cloudrun',
  'cloudcall',
])

type WholeQuota = Exclude<keyof Quotas, 'share'>
/** Largest value taken for each quota: beyond it stands a slip of the finger. */
const MOST: Readonly<Record<WholeQuota, number>> = {
  perMinute: 10_000_000,
  limitedPerMinute: 100_000,
  limitedPerDay: 100_000_000,
  limitedLifetime: 1_000_000_000,
}

/** `{ apps: [{ appid, name?, credential, quotas? }] }`; unknown fields and repeated appids are defects. */
export function parseApps(value: unknown, options: AppsFileOptions): Parsed<readonly App[]> {
  if (!isFields(value)) return defective(fieldDefect('apps', 'type', 'a list of apps', undefined))
  const defects = unknownFields(value, '', ['apps'])
  const list = value['apps']
  if (!Array.isArray(list) || list.length === 0) {
    return defective(...defects, fieldDefect('apps', 'required', 'a list of at least one app', kindOf(list)))
  }
  const apps = list.map((item, index) => parseApp(item, `apps[${index}]`, options, defects))
  defects.push(...repeatedAppids(list))
  return defects.length > 0 ? defective(...defects) : parsed(apps.filter((app) => app !== null))
}

function parseApp(item: unknown, at: string, options: AppsFileOptions, defects: FieldDefect[]): App | null {
  if (!isFields(item)) {
    defects.push(fieldDefect(at, 'type', '{ appid, name, credential, quotas }', kindOf(item)))
    return null
  }
  defects.push(...unknownFields(item, `${at}.`, ['appid', 'name', 'credential', 'quotas']))
  const appid = parseAppid(item['appid'], `${at}.appid`, defects)
  const name = parseName(item['name'], `${at}.name`, defects)
  const credential = parseCredential(item['credential'], `${at}.credential`, options, defects)
  const quotas = parseQuotas(
    item['quotas'],
    `${at}.quotas`,
    options.defaultShare ?? DEFAULT_QUOTAS.share,
    defects,
  )
  return appid === null || credential === null ? null : { appid, name: name ?? appid, credential, quotas }
}

function parseAppid(value: unknown, at: string, defects: FieldDefect[]): AppId | null {
  if (isAppId(value)) return value
  defects.push(fieldDefect(at, 'format', '"wx" and 16 lower-case hex digits', value))
  return null
}

function parseName(value: unknown, at: string, defects: FieldDefect[]): string | null {
  if (value === undefined) return null
  if (typeof value === 'string' && /^\P{Cc}+$/u.test(value) && value.length <= MAX_NAME_CHARACTERS)
    return value
  defects.push(fieldDefect(at, 'format', `1 to ${MAX_NAME_CHARACTERS} printable characters`, value))
  return null
}

function parseCredential(
  value: unknown,
  at: string,
  options: AppsFileOptions,
  defects: FieldDefect[],
): SecretCredential | null {
  if (!isFields(value)) {
    defects.push(fieldDefect(at, 'required', '{ kind: secret, appSecret }', hidden(value)))
    return null
  }
  const kind = value['kind']
  if (kind !== 'secret') {
    const expected = LATER_KINDS.has(kind) ? 'secret (this kind is not supported yet)' : 'secret'
    defects.push(fieldDefect(`${at}.kind`, LATER_KINDS.has(kind) ? 'unsupported' : 'value', expected, kind))
    return null
  }
  defects.push(...unknownFields(value, `${at}.`, ['kind', 'appSecret']))
  const secret = parseSecret(value['appSecret'], `${at}.appSecret`, options)
  if (secret instanceof Secret) return { kind: 'secret', appSecret: secret }
  defects.push(secret)
  return null
}

function parseSecret(value: unknown, at: string, options: AppsFileOptions): Secret | FieldDefect {
  const groups = typeof value === 'string' ? REFERENCE.exec(value)?.groups : undefined
  if (groups?.['path'] !== undefined) return options.resolveSecret({ kind: 'file', path: groups['path'] }, at)
  if (groups?.['name'] !== undefined) return options.resolveSecret({ kind: 'env', name: groups['name'] }, at)
  const expected = '"file:/absolute/path" or "env:NAME" (secrets don\'t stand in the file itself)'
  return fieldDefect(at, 'reference', expected, hidden(value))
}

function parseQuotas(value: unknown, at: string, defaultShare: number, defects: FieldDefect[]): Quotas {
  const defaults: Quotas = { ...DEFAULT_QUOTAS, share: defaultShare }
  if (value === undefined) return defaults
  if (!isFields(value)) {
    defects.push(fieldDefect(at, 'type', 'an object', kindOf(value)))
    return defaults
  }
  defects.push(...unknownFields(value, `${at}.`, Object.keys(defaults)))
  const whole = (name: WholeQuota): number => {
    const quota = value[name]
    if (quota === undefined) return defaults[name]
    if (isWholeUpTo(quota, MOST[name])) return quota
    defects.push(fieldDefect(`${at}.${name}`, 'range', `a whole number from 1 to ${MOST[name]}`, quota))
    return defaults[name]
  }
  return {
    perMinute: whole('perMinute'),
    limitedPerMinute: whole('limitedPerMinute'),
    limitedPerDay: whole('limitedPerDay'),
    limitedLifetime: whole('limitedLifetime'),
    share: parseShare(value['share'], `${at}.share`, defaultShare, defects),
  }
}

function parseShare(value: unknown, at: string, defaultShare: number, defects: FieldDefect[]): number {
  if (value === undefined) return defaultShare
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  defects.push(fieldDefect(at, 'range', 'a number above 0 and up to 1', value))
  return defaultShare
}

function repeatedAppids(list: readonly unknown[]): FieldDefect[] {
  const appids = list.map((item) => (isFields(item) ? item['appid'] : undefined))
  return appids.flatMap((appid, index) => {
    const first = appids.indexOf(appid)
    if (!isAppId(appid) || first === index) return []
    return [
      fieldDefect(`apps[${index}].appid`, 'repeated', `an appid that apps[${first}] doesn't have`, appid),
    ]
  })
}

/** Their values stay hidden: a misspelt or misplaced field may well hold a secret. */
function unknownFields(fields: Fields, prefix: string, known: readonly string[]): FieldDefect[] {
  return Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) =>
      fieldDefect(`${prefix}${name}`, 'unknown', `one of ${known.join(', ')}`, hidden(fields[name])),
    )
}

const hidden = (value: unknown): unknown => (value === undefined ? undefined : new Secret(''))

/** What came, by its kind alone. */
const kindOf = (value: unknown): unknown =>
  Array.isArray(value) ? 'a list' : value === null ? null : typeof value

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isWholeUpTo = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
