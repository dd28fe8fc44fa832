import { type FieldDefect, fieldDefect, type RowFields, unknownFields } from '@sunpress/core'
import { ROW_COLUMNS } from './csv-header.js'

/** One item of `scenes`, or one line of NDJSON: "s=1", or { scene, page?, ref?, caption? } and nothing else. */
export interface JsonRow {
  readonly fields: RowFields | null
  readonly defects: readonly FieldDefect[]
  /** The item is a string: its place has no fields below it. */
  readonly bare: boolean
}

const NAMES: ReadonlySet<string> = new Set(ROW_COLUMNS)

export function readJsonRow(item: unknown): JsonRow {
  if (typeof item === 'string') return { fields: { scene: item }, defects: [], bare: true }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    const defect = fieldDefect('row', 'type', 'a scene, or an object { scene, page, ref, caption }', item)
    return { fields: null, defects: [defect], bare: true }
  }
  const row = item as Record<string, unknown>
  return { fields: row, defects: unknownFields(row, NAMES), bare: false }
}
