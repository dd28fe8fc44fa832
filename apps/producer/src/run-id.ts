import type { Clock } from '@sunpress/core'

const BELIEVED_MS = 1_000

/** Every app's loop asks at every turn; one answer a second is enough for all. A failure is believed for no time. */
export function createRunIdReader(read: () => Promise<string>, clock: Clock): () => Promise<string> {
  let last: { readonly atMs: number; readonly runId: Promise<string> } | null = null
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
