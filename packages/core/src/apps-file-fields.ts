/** Small parts that the sections of the apps file are parsed with. Pure; no defect shows what may be a secret. */
import { type FieldDefect, fieldDefect } from './field-defect.js'
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

/** What the parsing of one section shares: what it is told, and the defects found so far. */
export interface Reading {
  readonly options: AppsFileOptions
  readonly defects: FieldDefect[]
}

export type Fields = Readonly<Record<string, unknown>>

const MAX_NAME_CHARACTERS = 100
const REFERENCE = /^(?:file:(?<path>\/.+)|env:(?<name>[A-Za-z_][A-Za-z0-9_]*))$/

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What came, by its kind alone. */
export const kindOf = (value: unknown): unknown =>
  Array.isArray(value) ? 'a list' : value === null ? null : typeof value

export const hidden = (value: unknown): unknown => (value === undefined ? undefined : new Secret(''))

/** Numbers, true and false may be shown: a text may be a secret that somebody put into the wrong place. */
export const hiddenText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' || value === null ? value : hidden(value)

/** Their values stay hidden: a misspelt or misplaced field may well hold a secret. */
export function unknownNames(fields: Fields, prefix: string, known: readonly string[]): FieldDefect[] {
  return Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) =>
      fieldDefect(`${prefix}${name}`, 'unknown', `one of ${known.join(', ')}`, hidden(fields[name])),
    )
}

/** null for what is no reference. */
export function parseReference(value: unknown): SecretReference | null {
  const groups = typeof value === 'string' ? REFERENCE.exec(value)?.groups : undefined
  if (groups?.['path'] !== undefined) return { kind: 'file', path: groups['path'] }
  if (groups?.['name'] !== undefined) return { kind: 'env', name: groups['name'] }
  return null
}

/** The secret that a reference leads to; null and a defect when there is none, or none of that shape. */
export function parseSecret(
  value: unknown,
  at: string,
  { options, defects }: Reading,
  shape: { readonly pattern: RegExp; readonly expected: string } | null = null,
): Secret | null {
  const reference = parseReference(value)
  if (reference === null) {
    const expected = '"file:/absolute/path" or "env:NAME" (secrets don\'t stand in the file itself)'
    defects.push(fieldDefect(at, 'reference', expected, hidden(value)))
    return null
  }
  const secret = options.resolveSecret(reference, at)
  if (!(secret instanceof Secret)) {
    defects.push(secret)
    return null
  }
  if (shape === null || shape.pattern.test(secret.reveal())) return secret
  defects.push(fieldDefect(at, 'format', shape.expected, secret))
  return null
}

export function parseName(value: unknown, at: string, defects: FieldDefect[]): string | null {
  if (value === undefined) return null
  if (typeof value === 'string' && /^\P{Cc}+$/u.test(value) && value.length <= MAX_NAME_CHARACTERS)
    return value
  defects.push(
    fieldDefect(at, 'format', `1 to ${MAX_NAME_CHARACTERS} printable characters`, hiddenText(value)),
  )
  return null
}

export function parseFlag(value: unknown, at: string, defects: FieldDefect[]): boolean {
  if (value === undefined || value === false) return false
  if (value === true) return true
  defects.push(fieldDefect(at, 'type', 'true or false', hidden(value)))
  return false
}

/** One of a few words; the first is the default. */
export function parseWord<Word extends string>(
  value: unknown,
  at: string,
  words: readonly [Word, ...Word[]],
  defects: FieldDefect[],
): Word {
  if (value === undefined) return words[0]
  const word = words.find((known) => known === value)
  if (word !== undefined) return word
  defects.push(fieldDefect(at, 'value', words.join(' or '), hidden(value)))
  return words[0]
}
