/**
 * A source has to come at some pace: one that trickles would be read until its deadline. Only the time that is spent waiting for it
 * counts, not what it takes to put its rows into the ledger.
 */
import { type Clock, RetryFault } from '@sunpress/core'
import type { SourcePage } from '@sunpress/sources'

const OVER_MS = 60_000
/** 1 kB/s. */
const LEAST_BYTES = 60_000
/** What a page counts as, beside its bytes: an endpoint that gives few rows at a time is slow by its nature. */
const PAGE_BYTES = 4_096

/** The same pages. Throws RetryFault `source_slow`. */
export async function* paced(
  pages: AsyncIterable<SourcePage>,
  clock: Pick<Clock, 'monotonic'>,
): AsyncGenerator<SourcePage> {
  const pace = createPace(clock)
  for await (const page of pace.watch(pages, () => PAGE_BYTES)) {
    yield { ...page, bytes: pace.watch(page.bytes, (piece) => piece.length) }
  }
}

function createPace(clock: Pick<Clock, 'monotonic'>) {
  let [waitedMs, bytes] = [0, 0]
  const count = (ms: number, more: number): void => {
    waitedMs += ms
    bytes += more
    if (waitedMs < OVER_MS) return
    if (bytes < LEAST_BYTES)
      throw new RetryFault(
        'source_slow',
        `the source gave ${bytes} bytes in ${Math.round(waitedMs / 1_000)} s`,
      )
    waitedMs = 0
    bytes = 0
  }
  return {
    async *watch<T>(items: AsyncIterable<T>, bytesOf: (item: T) => number): AsyncGenerator<T> {
      const iterator = items[Symbol.asyncIterator]()
      try {
        for (;;) {
          const fromMs = clock.monotonic()
          const next = await iterator.next()
          if (next.done === true) return
          count(clock.monotonic() - fromMs, bytesOf(next.value))
          yield next.value
        }
      } finally {
        await iterator.return?.()
      }
    },
  }
}
