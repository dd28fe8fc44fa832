/** Where a schedule takes its rows from. Pure. */
import { defective, type FieldDefect, fieldDefect, type Parsed, parsed } from './field-defect.js'
import { isLocalDate, type LocalDate } from './schedule-time.js'
import { unknownFields } from './unknown-fields.js'

export type RowFormat = 'csv' | 'ndjson'

/** A file in the store, under `sources/`. */
export interface ObjectSource {
  readonly kind: 'object'
  /** {yyyy}, {mm} and {dd} stand for the local date of the night. */
  readonly key: string
  readonly format: RowFormat
}

/** An endpoint of the company. */
export interface UrlSource {
  readonly kind: 'url'
  /** With the same placeholders. */
  readonly url: string
  readonly format: RowFormat
  /** Name in lower case to where its value is kept: `env:SOURCE_…` or `file:/…`. Never the value. */
  readonly headers: Readonly<Record<string, string>>
}

/** As in a campaign's request; its parser is the sources package's. */
export interface RangeSource {
  readonly kind: 'range'
  readonly template: string
  readonly from: number
  readonly to: number
}

export type ScheduleSource = ObjectSource | UrlSource | RangeSource

/** The only folder of the store that an object may come from: the rest is the ledger's own. */
export const SOURCE_FOLDER = 'sources/'
/** What a reference to the environment must begin with: nobody who may write schedules is to read other secrets. */
export const SOURCE_VARIABLE = 'SOURCE_'

const KINDS = 'object | url | range'
const FORMATS = 'csv | ndjson'
const PLACEHOLDERS = /\{(yyyy|mm|dd)\}/g
const KEY = /^sources\/(?:[A-Za-z0-9._~=+@,-]{1,240}\/)*[A-Za-z0-9._~=+@,-]{1,240}$/
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const REFERENCE = /^(?:env:SOURCE_[A-Z0-9_]{1,60}|file:\/[^\0\n]{1,400})$/
const MOST_HEADERS = 20
/** Ours to say, or of the connection. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect'],
  ...['keep-alive', 'accept-encoding', 'if-none-match', 'range', 'proxy-authorization', 'proxy-connection'],
])

type Fields = Readonly<Record<string, unknown>>
type RangeParser = (value: unknown, at: string) => Parsed<Omit<RangeSource, 'kind'>>

/** All defects at once. A header's value that is no reference is never shown: it may be the secret itself. */
export function parseSource(value: unknown, parseRange: RangeParser, at = 'source'): Parsed<ScheduleSource> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return defective(
      fieldDefect(at, value === undefined ? 'required' : 'type', `an object of kind ${KINDS}`, value),
    )
  }
  const { kind, ...fields } = value as Fields
  switch (kind) {
    case 'object':
      return parseObject(fields, at)
    case 'url':
      return parseUrl(fields, at)
    case 'range': {
      const range = parseRange(fields, at)
      return range.ok ? parsed({ kind, ...range.value }) : range
    }
    default:
      return defective(fieldDefect(`${at}.kind`, kind === undefined ? 'required' : 'value', KINDS, kind))
  }
}

function parseObject(fields: Fields, at: string): Parsed<ObjectSource> {
  const { key, format } = fields
  const defects = [
    ...unknownFields(fields, new Set(['key', 'format']), (name) => `${at}.${name}`),
    ...formatDefects(format, `${at}.format`),
  ]
  const filled = typeof key === 'string' ? fillDate(key, SOME_DATE) : ''
  if (!KEY.test(filled) || filled.split('/').some((segment) => /^\.\.?$|^\.tmp-/.test(segment))) {
    const expected = `a key under ${SOURCE_FOLDER}, such as ${SOURCE_FOLDER}stores-{yyyy}{mm}{dd}.csv`
    defects.push(fieldDefect(`${at}.key`, key === undefined ? 'required' : 'format', expected, key))
  }
  if (defects.length > 0) return { ok: false, defects }
  return parsed({ kind: 'object', key: key as string, format: format as RowFormat })
}

function parseUrl(fields: Fields, at: string): Parsed<UrlSource> {
  const { url, format, headers = {} } = fields
  const defects = [
    ...unknownFields(fields, new Set(['url', 'format', 'headers']), (name) => `${at}.${name}`),
    ...urlDefects(url, `${at}.url`),
    ...formatDefects(format, `${at}.format`),
    ...headerDefects(headers, `${at}.headers`),
  ]
  if (defects.length > 0) return { ok: false, defects }
  const named = Object.entries(headers as Record<string, string>).map(([name, from]) => [
    name.toLowerCase(),
    from,
  ])
  return parsed({
    kind: 'url',
    url: url as string,
    format: format as RowFormat,
    headers: Object.fromEntries(named),
  })
}

const formatDefects = (format: unknown, field: string): FieldDefect[] =>
  format === 'csv' || format === 'ndjson'
    ? []
    : [fieldDefect(field, format === undefined ? 'required' : 'value', FORMATS, format)]

function urlDefects(url: unknown, field: string): FieldDefect[] {
  const expected = 'an address such as https://shop.example/scenes, without login and fragment'
  if (url === undefined) return [fieldDefect(field, 'required', expected, url)]
  const filled = typeof url === 'string' && url.length <= 2_000 ? fillDate(url, SOME_DATE) : ''
  const address = URL.canParse(filled) ? new URL(filled) : null
  const isPlain = address !== null && /^https?:$/.test(address.protocol) && address.hash === ''
  if (isPlain && address.username === '' && address.password === '' && !/[{}]/.test(filled)) return []
  // An address with a login holds a password.
  return [fieldDefect(field, 'format', expected, address?.password ? '[hidden]' : url)]
}

function headerDefects(headers: unknown, at: string): FieldDefect[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return [fieldDefect(at, 'type', 'an object of header names to references', typeof headers)]
  }
  const all = Object.entries(headers)
  const defects = all
    .slice(0, MOST_HEADERS)
    .flatMap(([name, from]) => headerDefect(name, from, `${at}.${name}`))
  if (all.length > MOST_HEADERS)
    defects.push(fieldDefect(at, 'length', `at most ${MOST_HEADERS} headers`, all.length))
  return defects
}

function headerDefect(name: string, from: unknown, field: string): FieldDefect[] {
  if (!HEADER_NAME.test(name.toLowerCase()))
    return [fieldDefect(field, 'format', 'the name of a header', name)]
  if (OWN_HEADERS.has(name.toLowerCase()))
    return [fieldDefect(field, 'value', 'another header: this one is set here', name)]
  if (typeof from === 'string' && REFERENCE.test(from)) return []
  const expected = `"env:${SOURCE_VARIABLE}NAME" or "file:/path" (secrets don't stand in the schedule)`
  return [fieldDefect(field, 'reference', expected, '[hidden]')]
}

const SOME_DATE = '2024-01-31' as LocalDate

/** Puts a night's date into a key, an address or a name. */
export function fillDate(text: string, date: LocalDate): string {
  if (!isLocalDate(date)) return text
  const [yyyy = '', mm = '', dd = ''] = date.split('-')
  const parts: Readonly<Record<string, string>> = { yyyy, mm, dd }
  return text.replace(PLACEHOLDERS, (whole, name: string) => parts[name] ?? whole)
}
