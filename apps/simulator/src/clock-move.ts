import type { Clock } from './clock.js'
import { InputDefect } from './defect.js'
import { type JsonObject, optional, readFlag, readObject } from './fields.js'

/** Where the clock is to go, told when it goes, and whether it stands still there. */
export type ClockMove = {
  readonly frozen: boolean | undefined
  readonly target: ((clock: Clock) => number) | undefined
}

const MOVES = ['set', 'advanceMs', 'offsetMs']

/** `{set: ms | ISO}`, `{advanceMs}` or `{offsetMs}`, with or without `{frozen}`. */
export function readClockMove(value: unknown, field: string): ClockMove {
  const from = readObject(value, field, [...MOVES, 'frozen'])
  const moves = MOVES.filter((name) => from[name] !== undefined)
  if (moves.length > 1) throw new InputDefect(field, 'one of set, advanceMs, offsetMs', moves)
  const frozen = optional(from, 'frozen', (flag) => readFlag(flag, `${field}.frozen`))
  return { frozen, target: readTarget(from, field) }
}

function readTarget(from: JsonObject, field: string): ClockMove['target'] {
  const set = optional(from, 'set', (value) => readTime(value, `${field}.set`))
  const advanceMs = optional(from, 'advanceMs', (value) => readNumber(value, `${field}.advanceMs`))
  const offsetMs = optional(from, 'offsetMs', (value) => readNumber(value, `${field}.offsetMs`))
  if (set !== undefined) return () => set
  if (advanceMs !== undefined) return (clock) => clock.now() + advanceMs
  return offsetMs === undefined ? undefined : (clock) => clock.real() + offsetMs
}

function readTime(value: unknown, field: string): number {
  const at = typeof value === 'string' ? Date.parse(value) : value
  if (typeof at !== 'number' || !(at >= 0 && at <= 8.64e15)) {
    throw new InputDefect(field, 'milliseconds since 1970 or an ISO 8601 time', value)
  }
  return at
}

function readNumber(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new InputDefect(field, 'a number', value)
  return value
}
