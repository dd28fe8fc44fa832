/** The bodies of getwxacode and createwxaqrcode: their types, their defaults, and the rules in the order they are looked at. */
import type { AppSwitches } from './app-config.js'
import {
  COLOUR_RULE,
  type CodeParams,
  ENV_RULE,
  type FieldTypes,
  fillParams,
  type ParamRule,
  WIDTH_RULE,
  when,
} from './code-params.js'
import type { JsonObject } from './fields.js'

export type SquareParams = { readonly path: string; readonly width: number }
export type RoundParams = SquareParams &
  Pick<CodeParams, 'env_version' | 'auto_color' | 'line_color' | 'is_hyaline'>

export const SQUARE_TYPES: FieldTypes = { path: 'string', width: 'number' }
export const ROUND_TYPES: FieldTypes = {
  ...SQUARE_TYPES,
  env_version: 'string',
  auto_color: 'boolean',
  line_color: 'object',
  is_hyaline: 'boolean',
}

/** Fields of the right types with their defaults. */
export function fillSquare(fields: JsonObject): SquareParams {
  return { path: (fields['path'] as string | undefined) ?? '', width: fillParams(fields).width }
}

export function fillRound(fields: JsonObject): RoundParams {
  const { width, env_version, auto_color, line_color, is_hyaline } = fillParams(fields)
  const { path } = fillSquare(fields)
  return { path, width, env_version, auto_color, line_color, is_hyaline }
}

const SQUARE_PATH_BYTES = 128

export const SQUARE_RULES: readonly ParamRule<SquareParams>[] = [
  pathLength(() => SQUARE_PATH_BYTES),
  { name: 'reserved', breaks: ({ path }) => when(isReserved(path), 85096) },
  WIDTH_RULE,
]

export const ROUND_RULES: readonly ParamRule<RoundParams>[] = [
  pathLength((app) => app.pathBytes),
  { name: 'reserved', breaks: ({ path }) => when(isReserved(path), 85096) },
  ENV_RULE,
  COLOUR_RULE,
  WIDTH_RULE,
]

/** The length is in bytes of UTF-8. */
function pathLength(most: (app: AppSwitches) => number): ParamRule<SquareParams> {
  return {
    name: 'pathLength',
    breaks: ({ path }, app) => when(path === '' || Buffer.byteLength(path) > most(app), 40159),
  }
}

/** A query may have any names but this one. */
function isReserved(path: string): boolean {
  return /[?&]scancode_time(?:[=&]|$)/.test(path)
}
