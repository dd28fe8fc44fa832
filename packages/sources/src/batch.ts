/** Rows are handed on by the array: an async step for each row would cost more than reading it. */
export const ROWS_PER_BATCH = 1_000

/** Cuts rows into batches. */
export function* batched<T>(rows: Iterable<T>): Generator<T[]> {
  let batch: T[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < ROWS_PER_BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
