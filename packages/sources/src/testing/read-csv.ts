/** A CSV read in chunks of any size, and its rows in short. */
import type { RawRow } from '@sunpress/core'
import { csvRows } from '../csv-rows.js'

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export async function rowsOf(csv: string | Uint8Array, size = 1 << 20): Promise<RawRow[]> {
  const rows: RawRow[] = []
  const bytes = typeof csv === 'string' ? Buffer.from(csv) : csv
  for await (const batch of csvRows(inChunks(bytes, size))) rows.push(...batch)
  return rows
}

/** What matters of each row, on one line each. */
export const told = (rows: readonly RawRow[]) =>
  rows.map((row) => {
    const line = 'line' in row.at ? row.at.line : row.at.pointer
    const rules = row.defects.map((defect) => `${defect.field}:${defect.rule}`)
    return [line, ...(row.fields === null ? [] : [row.fields]), ...rules, ...(row.fatal ? ['fatal'] : [])]
  })

export const read = async (csv: string | Uint8Array, size?: number) => told(await rowsOf(csv, size))

export const scene = (value: string) => ({ scene: value })
