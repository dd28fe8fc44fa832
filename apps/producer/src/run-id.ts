import type { Clock } from '@sunpress/core'

const BELIEVED_MS = 1_000

/** What it is read over: whoever has closed the connection may be another run when it is back. */
export interface RunConnection {
  on(event: 'close', listener: () => void): unknown
}

/**
 * Every app's loop asks at every turn; one answer a second is enough for all, as long as the connection stands: an index must not be
 * built in the name of the run before. A failure is believed for no time.
 */
export function createRunIdReader(
  read: () => Promise<string>,
  clock: Clock,
  connection: RunConnection,
): () => Promise<string> {
  let last: { readonly atMs: number; readonly runId: Promise<string> } | null = null
  connection.on('close', () => {
    last = null
  })
  return () => {
    if (last !== null && clock.monotonic() - last.atMs < BELIEVED_MS) return last.runId
    const asked = { atMs: clock.monotonic(), runId: read() }
    last = asked
    asked.runId.catch(() => {
      if (last === asked) last = null
    })
    return asked.runId
  }
}
