/** Readers for JSON that a person or a test wrote: each returns a typed value or throws an InputDefect naming the field. */
import { InputDefect } from './defect.js'

export type JsonObject = Readonly<Record<string, unknown>>

/** Parses JSON text; `where` names the input in the defect. */
export function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputDefect(where, `JSON (${(cause as Error).message})`, text)
  }
}

/** An object with no other keys than `known`. */
export function readObject(value: unknown, field: string, known: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputDefect(field, 'an object', value)
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new InputDefect(`${field}.${key}`, `one of ${known.join(', ')}`, key)
  }
  return value as JsonObject
}

export function readArray(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputDefect(field, 'an array', value)
  return value
}

export function readText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new InputDefect(field, 'a text', value)
  return value
}

export function readFlag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new InputDefect(field, 'true or false', value)
  return value
}

/** A whole number within the bounds, both included. */
export function readWhole(value: unknown, field: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new InputDefect(field, `a whole number ${bounds}`, value)
  }
  return value
}

export function readChoice<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new InputDefect(field, `one of ${choices.join(', ')}`, value)
  return found
}

/** The reader's value, or undefined where the field is absent. */
export function optional<T>(from: JsonObject, key: string, read: (value: unknown) => T): T | undefined {
  return from[key] === undefined ? undefined : read(from[key])
}
