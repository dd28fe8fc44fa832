import type { RawRow } from '@sunpress/core'
import { batched } from './batch.js'
import { readJsonRow } from './json-row.js'

/** The `scenes` of a JSON request as rows, by the batch; `at` is the JSON pointer of the list. */
export const sceneRows = (scenes: readonly unknown[], at = '/scenes'): Iterable<RawRow[]> =>
  batched(rowsOf(scenes, at))

function* rowsOf(scenes: readonly unknown[], at: string): Generator<RawRow> {
  for (const [i, item] of scenes.entries()) {
    const { fields, defects, bare } = readJsonRow(item)
    yield { at: { pointer: `${at}/${i}`, bare }, fields, defects }
  }
}
