/** The fields of a getwxacodeunlimit body: their types, their defaults, and the rules in the order they are looked at. */
import { type AppSwitches, ENV_VERSIONS, type EnvVersion, type ReleasedPages } from './app-config.js'
import type { JsonObject } from './fields.js'
import type { Colour } from './picture/raster.js'

/** The request as printed: defaults filled in. `page` is '' when it was left out. */
export type CodeParams = {
  readonly scene: string
  readonly page: string
  readonly check_path: boolean
  readonly env_version: string
  readonly width: number
  readonly auto_color: boolean
  readonly line_color: Colour
  readonly is_hyaline: boolean
}

/** The type of each field that an endpoint knows. */
export type FieldTypes = Readonly<Record<string, string>>

const UNLIMITED_TYPES: FieldTypes = {
  scene: 'string',
  page: 'string',
  check_path: 'boolean',
  env_version: 'string',
  width: 'number',
  auto_color: 'boolean',
  line_color: 'object',
  is_hyaline: 'boolean',
}

/** Whether every field sent has its type. Unknown fields are ignored, but the token has no place in the body. */
export function hasRightTypes(fields: JsonObject, types: FieldTypes = UNLIMITED_TYPES): boolean {
  if (fields['access_token'] !== undefined) return false
  return Object.entries(types).every(([name, type]) => {
    const value = fields[name]
    if (value === undefined) return true
    return name === 'line_color' ? readColour(value) !== undefined : typeof value === type
  })
}

/** SDKs send colour parts as numbers and as decimal strings; both are taken. Parts left out are 0. */
export function readColour(value: unknown): Colour | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const part = (name: string): number => {
    const raw = (value as JsonObject)[name] ?? 0
    const isDecimal = typeof raw === 'number' || (typeof raw === 'string' && /^\d{1,3}$/.test(raw))
    return isDecimal ? Number(raw) : Number.NaN
  }
  const colour = { r: part('r'), g: part('g'), b: part('b') }
  return Object.values(colour).some(Number.isNaN) ? undefined : colour
}

/** Fields of the right types with their defaults. */
export function fillParams(fields: JsonObject): CodeParams {
  return {
    scene: (fields['scene'] as string | undefined) ?? '',
    page: (fields['page'] as string | undefined) ?? '',
    check_path: (fields['check_path'] as boolean | undefined) ?? true,
    env_version: (fields['env_version'] as string | undefined) ?? 'release',
    width: (fields['width'] as number | undefined) ?? 430,
    auto_color: (fields['auto_color'] as boolean | undefined) ?? false,
    line_color: readColour(fields['line_color'] ?? {}) ?? { r: 0, g: 0, b: 0 },
    is_hyaline: (fields['is_hyaline'] as boolean | undefined) ?? false,
  }
}

const SCENE = /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]*$/

/** A rule answers an errcode when the params break it. */
export type ParamRule<P = CodeParams> = {
  readonly name: string
  breaks(params: P, app: AppSwitches): number | undefined
}

/** Rules that the endpoints share. NOTE: what a colour out of range is answered is a guess. */
export const ENV_RULE: ParamRule<Pick<CodeParams, 'env_version'>> = {
  name: 'envVersion',
  breaks: ({ env_version }) => when(!ENV_VERSIONS.some((known) => known === env_version), 40097),
}
export const COLOUR_RULE: ParamRule<Pick<CodeParams, 'line_color'>> = {
  name: 'lineColor',
  breaks: ({ line_color }) => when(!Object.values(line_color).every(isByte), 40097),
}
export const WIDTH_RULE: ParamRule<Pick<CodeParams, 'width'>> = { name: 'width', breaks: breaksWidth }

/** Length comes before charset, both on the text as it was sent. */
export const PARAM_RULES: readonly ParamRule[] = [
  { name: 'sceneLength', breaks: ({ scene }) => when(scene === '' || scene.length > 32, 40169) },
  { name: 'sceneCharset', breaks: ({ scene }) => when(!SCENE.test(scene), 40129) },
  { name: 'reserved', breaks: ({ scene }) => when(scene.includes('scancode_time'), 85096) },
  ENV_RULE,
  COLOUR_RULE,
  WIDTH_RULE,
  { name: 'page', breaks: breaksPage },
]

export function when(broken: boolean, errcode: number): number | undefined {
  return broken ? errcode : undefined
}

function isByte(part: number): boolean {
  return Number.isInteger(part) && part >= 0 && part <= 255
}

function breaksWidth({ width }: Pick<CodeParams, 'width'>, app: AppSwitches): number | undefined {
  if (Number.isInteger(width) && width >= 280 && width <= 1280) return undefined
  return app.badWidth === 'clamp' ? undefined : Number(app.badWidth)
}

/** NOTE: a guess, after the bound on getwxacode's path; no bound on a page is documented. */
const MAX_PAGE_LENGTH = 1024

/** A page has no leading slash and no query; with check_path it is among the app's. */
function breaksPage(params: CodeParams, app: AppSwitches): number | undefined {
  const { page } = params
  if (page.length > MAX_PAGE_LENGTH) return 41030
  if (page.startsWith('/') || page.includes('?')) return 41030
  const known = params.check_path ? pagesOf(app.pages, params.env_version) : undefined
  return when(page !== '' && known !== undefined && !known.includes(page), 41030)
}

function pagesOf(pages: ReleasedPages | undefined, version: string): readonly string[] | undefined {
  if (pages === undefined) return undefined
  if (isList(pages)) return pages
  return pages[version as EnvVersion] ?? pages.release
}

function isList(pages: ReleasedPages): pages is readonly string[] {
  return Array.isArray(pages)
}

/** The width that is printed. */
export function printedWidth(width: number): number {
  return Math.min(1280, Math.max(280, Math.round(width)))
}
