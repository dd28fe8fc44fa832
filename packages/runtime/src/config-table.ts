/**
 * Configuration as a table: each variable with its parser, default, unit and doc line, declared once. The environment is
 * read once and judged whole; what comes out is frozen to its depths. Values of secret variables appear in no message.
 */
import { type FieldDefect, fieldDefect, Secret } from '@sunpress/core'
import { ConfigFault } from './config-fault.js'
import { nearest } from './nearest.js'

export interface Parser<T> {
  /** Completes "expected …". */
  readonly expected: string
  /** Its text is shown nowhere. */
  readonly secret?: true
  /** The value of a variable that is not set and has no default; without it the variable is required. */
  readonly absent?: { readonly value: T }
  /** undefined: not as expected. `given`: set by somebody, not the default. */
  read(text: string, given: boolean): T | undefined
}

export interface Variable<T> {
  readonly name: string
  readonly parser: Parser<T>
  /** As it would be written in the environment. */
  readonly fallback?: string
  readonly unit?: string
  readonly doc: string
}

export type ConfigTable = Readonly<Record<string, Variable<unknown>>>

/** What a table reads as: one field a variable, typed by its parser. */
export type ConfigOf<T extends ConfigTable> = {
  readonly [Field in keyof T]: T[Field] extends Variable<infer Value> ? Value : never
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface ReadOptions<T extends ConfigTable> {
  /** Names that may be set though this table doesn't read them: the tables of other processes. */
  readonly known?: readonly string[]
  /** What no single variable is to blame for; asked only when each of them is well. */
  readonly contradictions?: (config: ConfigOf<T>) => readonly FieldDefect[]
}

/** Ours alone: an unknown name that begins so is a typing error. */
const PREFIX = 'SUNPRESS_'

export const variable = <T>(declaration: Variable<T>): Variable<T> => declaration

/** The same variable with another default, for a process that wants one. */
export const withFallback = <T>(declared: Variable<T>, fallback: string): Variable<T> => ({
  ...declared,
  fallback,
})

/** Throws ConfigFault with every defect found. An empty variable counts as not set. */
export function readConfig<T extends ConfigTable>(
  table: T,
  env: Environment,
  options: ReadOptions<T> = {},
): ConfigOf<T> {
  const defects = unknownVariables(table, env, options.known ?? [])
  const values = Object.entries(table).map(([field, declared]) => [
    field,
    readVariable(declared, env, defects),
  ])
  const config = Object.fromEntries(values) as ConfigOf<T>
  if (defects.length === 0) defects.push(...(options.contradictions?.(config) ?? []))
  if (defects.length > 0) throw new ConfigFault('configuration', defects)
  return deepFreeze(config)
}

function readVariable(
  { name, parser, fallback }: Variable<unknown>,
  env: Environment,
  defects: FieldDefect[],
): unknown {
  const written = env[name] === '' ? undefined : env[name]
  const text = written ?? fallback
  if (text === undefined) {
    if (parser.absent !== undefined) return parser.absent.value
    defects.push(fieldDefect(name, 'required', parser.expected, undefined))
    return undefined
  }
  const value = parser.read(text, written !== undefined)
  if (value === undefined) {
    defects.push(
      fieldDefect(
        name,
        'value',
        parser.expected,
        parser.secret === true ? new Secret(text) : withoutLogin(text),
      ),
    )
  }
  return value
}

/** A URL where no login was expected may still have one. */
const withoutLogin = (text: string): string => text.replace(/\/\/.*@/, '//[secret]@')

function unknownVariables(table: ConfigTable, env: Environment, others: readonly string[]): FieldDefect[] {
  const known = [...new Set([...Object.values(table).map(({ name }) => name), ...others])]
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known)
      const message =
        meant === null ? `${name}: no such variable` : `${name}: no such variable; did you mean ${meant}?`
      return { field: name, rule: 'unknown', value: new Secret(''), message }
    })
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
