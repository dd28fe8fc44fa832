/** A serial range: `{ "template": "t={n}", "from": 1, "to": 5000 }`, `to` inclusive; `{n:5}` pads with zeros to 5 digits. */
import {
  type FieldDefect,
  fieldDefect,
  type Look,
  type Parsed,
  planRow,
  type RawRow,
  type RowError,
  unknownFields,
} from '@sunpress/core'
import { batched } from './batch.js'

export interface Range {
  readonly template: string
  readonly from: number
  readonly to: number
}

/** The largest campaign that the rest is built for. */
export const MAX_RANGE_ROWS = 100_000_000
const MAX_TEMPLATE_CHARACTERS = 2_000
const FIELDS: ReadonlySet<string> = new Set(['template', 'from', 'to'])
const PLACEHOLDER = /\{n(?::([1-9]|1[0-9]|20))?\}/g

/** All defects at once, each field named under `at`. Knows nothing of the look: see planRange. */
export function parseRange(input: unknown, at = 'range'): Parsed<Range> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, defects: [fieldDefect(at, 'type', 'an object { template, from, to }', input)] }
  }
  const raw = input as Record<string, unknown>
  const defects = [
    ...unknownFields(raw, FIELDS, (name) => `${at}.${name}`),
    ...templateDefects(raw['template'], `${at}.template`),
    ...boundDefects(raw['from'], `${at}.from`),
    ...boundDefects(raw['to'], `${at}.to`),
  ]
  const range = raw as unknown as Range
  if (defects.length === 0) defects.push(...orderDefects(range, at))
  if (defects.length > 0) return { ok: false, defects }
  return { ok: true, value: { template: range.template, from: range.from, to: range.to } }
}

/** Its rows, by the batch, made as they are asked for. */
export const rangeRows = (range: Range): Iterable<RawRow[]> => batched(rowsOf(range))

/** What is wrong with the rows of a range: its last is the longest and all have one alphabet, so that it speaks for all. */
export function planRange(range: Range, look: Look): readonly RowError[] {
  const planned = planRow(rangeRow(sceneMaker(range.template)(range.to)), look)
  return 'errors' in planned ? planned.errors : []
}

export const rangeSize = (range: Range): number => range.to - range.from + 1

function* rowsOf({ template, from, to }: Range): Generator<RawRow> {
  const sceneOf = sceneMaker(template)
  for (let n = from; n <= to; n++) yield rangeRow(sceneOf(n))
}

const NONE: readonly FieldDefect[] = []
const rangeRow = (scene: string): RawRow => ({
  at: { pointer: '/range/template', bare: true },
  fields: { scene },
  defects: NONE,
})

/** Splits once: each scene is then a few joins. */
function sceneMaker(template: string): (n: number) => string {
  // Text and widths take turns: split keeps the group between the placeholders.
  const [head = '', ...rest] = template.split(PLACEHOLDER)
  return (n) => {
    let scene = head
    for (let i = 0; i < rest.length; i += 2)
      scene += String(n).padStart(Number(rest[i] ?? 0), '0') + rest[i + 1]
    return scene
  }
}

function templateDefects(template: unknown, field: string): FieldDefect[] {
  if (template === undefined) return [fieldDefect(field, 'required', 'a template such as t={n}', template)]
  if (typeof template !== 'string') return [fieldDefect(field, 'type', 'a string such as t={n}', template)]
  if (template.length > MAX_TEMPLATE_CHARACTERS) {
    return [fieldDefect(field, 'length', `at most ${MAX_TEMPLATE_CHARACTERS} characters`, template)]
  }
  const text = template.split(PLACEHOLDER).filter((_, i) => i % 2 === 0)
  if (text.length > 1 && !text.some((part) => /[{}]/.test(part))) return []
  return [fieldDefect(field, 'placeholder', '{n}, or {n:5} (1 to 20 digits), and no other braces', template)]
}

const boundDefects = (bound: unknown, field: string): FieldDefect[] =>
  Number.isSafeInteger(bound) && (bound as number) >= 0
    ? []
    : [fieldDefect(field, bound === undefined ? 'required' : 'value', 'a whole number from 0', bound)]

function orderDefects(range: Range, at: string): FieldDefect[] {
  if (range.to < range.from)
    return [fieldDefect(`${at}.to`, 'order', `at least ${range.from}, as "from"`, range.to)]
  if (rangeSize(range) <= MAX_RANGE_ROWS) return []
  return [fieldDefect(`${at}.to`, 'too_many', `at most ${MAX_RANGE_ROWS} rows`, range.to)]
}
