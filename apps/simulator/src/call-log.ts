/** Every call in order of arrival, in columns, the last `maxRows` of them (rounded up to whole chunks). */
export type CallRow = {
  /** Milliseconds since 1970 with a fraction, from a monotonic clock. */
  readonly at: number
  readonly appid: string
  readonly path: string
  /** Null when the body held none. */
  readonly scene: string | null
  /** `picture`, an errcode, a fault's kind, or `pending` while it isn't answered. */
  readonly outcome: string
}

export type CallLog = {
  /** Notes an arrival and returns its number, by which it is settled. */
  add(at: number, appid: string, path: string): number
  settle(row: number, scene: string | null, outcome: string): void
  rows(appid?: string): Generator<CallRow>
  /** How many have been dropped for room. */
  dropped(): number
  clear(): void
}

const CHUNK_ROWS = 8192

type Chunk = {
  readonly at: Float64Array
  readonly appid: string[]
  readonly path: string[]
  readonly scene: (string | null)[]
  readonly outcome: string[]
}

export function createCallLog(maxRows = 2_000_000): CallLog {
  const maxChunks = Math.ceil(maxRows / CHUNK_ROWS)
  let chunks: Chunk[] = []
  let droppedRows = 0
  let next = 0

  function add(at: number, appid: string, path: string): number {
    const row = next++
    if (row % CHUNK_ROWS === 0) openChunk()
    const chunk = chunks.at(-1) as Chunk
    chunk.at[row % CHUNK_ROWS] = at
    chunk.appid.push(appid)
    chunk.path.push(path)
    chunk.scene.push(null)
    chunk.outcome.push('pending')
    return row
  }

  function openChunk(): void {
    chunks.push({ at: new Float64Array(CHUNK_ROWS), appid: [], path: [], scene: [], outcome: [] })
    if (chunks.length <= maxChunks) return
    chunks.shift()
    droppedRows += CHUNK_ROWS
  }

  /** A row dropped, or cleared before it was answered, is passed over. */
  function settle(row: number, scene: string | null, outcome: string): void {
    const chunk = row < droppedRows ? undefined : chunks[Math.floor((row - droppedRows) / CHUNK_ROWS)]
    if (chunk === undefined) return
    chunk.scene[row % CHUNK_ROWS] = scene
    chunk.outcome[row % CHUNK_ROWS] = outcome
  }

  function* rows(appid?: string): Generator<CallRow> {
    for (const chunk of [...chunks]) {
      for (let i = 0; i < chunk.appid.length; i++) {
        if (appid === undefined || chunk.appid[i] === appid) yield rowOf(chunk, i)
      }
    }
  }

  function clear(): void {
    chunks = []
    next = Math.ceil(next / CHUNK_ROWS) * CHUNK_ROWS
    droppedRows = next
    clearedRows = next
  }

  let clearedRows = 0
  return { add, settle, rows, dropped: () => droppedRows - clearedRows, clear }
}

function rowOf(chunk: Chunk, index: number): CallRow {
  return {
    at: chunk.at[index] as number,
    appid: chunk.appid[index] as string,
    path: chunk.path[index] as string,
    scene: chunk.scene[index] as string | null,
    outcome: chunk.outcome[index] as string,
  }
}
