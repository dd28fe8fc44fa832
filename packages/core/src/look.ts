/** What the picture shows besides the scene. A look is complete: every field has its value, defaults applied. */
import { type FieldDefect, fieldDefect, type Parsed } from './field-defect.js'
import { LOOK_ENDPOINTS, type LookEndpoint } from './lane.js'
import { pageDefects } from './scene.js'
import { unknownFields } from './unknown-fields.js'

export type PictureFormat = 'jpg' | 'png'
export type EnvVersion = 'release' | 'trial' | 'develop'
export interface LineColor {
  readonly r: number
  readonly g: number
  readonly b: number
}

/** Widths and heights in pixels; colours 0–255. */
export interface Look {
  readonly endpoint: LookEndpoint
  /** null for the endpoints whose scene is the whole path, and for campaigns whose rows each bring their own. */
  readonly page: string | null
  /** Asked of WeChat, never part of a code's identity. */
  readonly checkPath: boolean
  readonly envVersion: EnvVersion
  readonly width: number
  readonly autoColor: boolean
  readonly lineColor: LineColor
  readonly hyaline: boolean
  readonly epoch: number
  readonly format: PictureFormat
}

export const MIN_WIDTH = 280
export const MAX_WIDTH = 1280
export const ENV_VERSIONS: readonly EnvVersion[] = ['release', 'trial', 'develop']
export const FORMATS: readonly PictureFormat[] = ['jpg', 'png']

export const DEFAULT_LOOK: Look = {
  endpoint: 'unlimited',
  page: null,
  checkPath: true,
  envVersion: 'release',
  width: 430,
  autoColor: false,
  lineColor: { r: 0, g: 0, b: 0 },
  hyaline: false,
  epoch: 0,
  format: 'jpg',
}

export const defaultFormat = (hyaline: boolean): PictureFormat => (hyaline ? 'png' : 'jpg')

export const contentTypeOf = (format: PictureFormat): 'image/jpeg' | 'image/png' =>
  format === 'jpg' ? 'image/jpeg' : 'image/png'

const FIELDS: ReadonlySet<string> = new Set(Object.keys(DEFAULT_LOOK))
const UNLIMITED_ONLY = ['page', 'checkPath'] as const
const NOT_FOR_QRCODE = ['envVersion', 'autoColor', 'lineColor', 'hyaline'] as const

/** Parses the `look` of a request; all defects at once, each field named under `at`. */
export function parseLook(input: unknown, at = 'look'): Parsed<Look> {
  if (input !== undefined && !isRecord(input)) {
    return { ok: false, defects: [fieldDefect(at, 'type', 'an object', input)] }
  }
  const raw = input ?? {}
  const defects = unknownFields(raw, FIELDS, (name) => `${at}.${name}`)
  const field = fieldReader(raw, at, defects)
  const endpoint = field(
    'endpoint',
    LOOK_ENDPOINTS.join(' | '),
    isOneOf(LOOK_ENDPOINTS),
    DEFAULT_LOOK.endpoint,
  )
  if (raw['page'] !== undefined && raw['page'] !== null)
    defects.push(...pageDefects(raw['page'], `${at}.page`))
  for (const name of notAllowed(endpoint)) {
    if (raw[name] !== undefined && !(name === 'page' && raw[name] === null)) {
      defects.push(
        fieldDefect(`${at}.${name}`, 'not_for_endpoint', `no ${name} with endpoint ${endpoint}`, raw[name]),
      )
    }
  }
  const hyaline = field('hyaline', 'true or false', isBoolean, false)
  const format = field('format', FORMATS.join(' | '), isOneOf(FORMATS), defaultFormat(hyaline))
  // WeChat's transparent pictures are PNGs, all others JPEGs: of another format each scene would be refused, after two calls.
  if (format !== defaultFormat(hyaline)) {
    const expected = `${defaultFormat(hyaline)}, as hyaline is ${hyaline}`
    defects.push(fieldDefect(`${at}.format`, 'contradiction', expected, format))
  }
  const value: Look = {
    endpoint,
    page: typeof raw['page'] === 'string' ? raw['page'] : null,
    checkPath: field('checkPath', 'true or false', isBoolean, true),
    envVersion: field('envVersion', ENV_VERSIONS.join(' | '), isOneOf(ENV_VERSIONS), 'release'),
    width: field(
      'width',
      `a whole number from ${MIN_WIDTH} to ${MAX_WIDTH}`,
      isWholeWithin(MIN_WIDTH, MAX_WIDTH),
      430,
    ),
    autoColor: field('autoColor', 'true or false', isBoolean, false),
    lineColor: field(
      'lineColor',
      '{ r, g, b }, each a whole number from 0 to 255',
      isLineColor,
      DEFAULT_LOOK.lineColor,
    ),
    hyaline,
    epoch: field('epoch', 'a whole number from 0 to 2^53 - 1', isWholeWithin(0, Number.MAX_SAFE_INTEGER), 0),
    format,
  }
  return defects.length > 0 ? { ok: false, defects } : { ok: true, value }
}

/** The look of a row that brings a page of its own. */
export const lookWithPage = (look: Look, page: string | undefined): Look =>
  page === undefined || page === look.page ? look : { ...look, page }

function notAllowed(endpoint: LookEndpoint): readonly (keyof Look)[] {
  if (endpoint === 'unlimited') return []
  return endpoint === 'limited' ? UNLIMITED_ONLY : [...UNLIMITED_ONLY, ...NOT_FOR_QRCODE]
}

/** Reads one field: its default when absent, a defect when it is not what `is` accepts. */
function fieldReader(raw: Record<string, unknown>, at: string, defects: FieldDefect[]) {
  return <T>(name: keyof Look, expected: string, is: (value: unknown) => value is T, fallback: T): T => {
    const value = raw[name]
    if (value === undefined) return fallback
    if (is(value)) return value
    defects.push(fieldDefect(`${at}.${name}`, 'value', expected, value))
    return fallback
  }
}

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'

const isOneOf =
  <T extends string>(names: readonly T[]) =>
  (value: unknown): value is T =>
    names.some((name) => name === value)

const isWholeWithin =
  (least: number, most: number) =>
  (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most

function isLineColor(value: unknown): value is LineColor {
  if (!isRecord(value) || Object.keys(value).length !== 3) return false
  const isByte = isWholeWithin(0, 255)
  return isByte(value['r']) && isByte(value['g']) && isByte(value['b'])
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
