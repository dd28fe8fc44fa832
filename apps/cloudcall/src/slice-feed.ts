/** Core's SceneFeed within one slice: what is published or refused becomes a row of the answer, once. */
import type { SceneFeed } from '@sunpress/core'
import { type EndedRow, printedRow, refusedRow } from './answer.js'

export interface SliceFeed {
  readonly feed: SceneFeed
  /** By the scene's index. */
  readonly ended: ReadonlyMap<number, EndedRow>
  end(index: number, row: EndedRow): void
}

export function createSliceFeed(): SliceFeed {
  const ended = new Map<number, EndedRow>()
  const end = (index: number, row: EndedRow): 'published' | 'done' => {
    if (ended.has(index)) return 'done'
    ended.set(index, row)
    return 'published'
  }
  return {
    ended,
    end,
    feed: {
      check: async ({ index }) => (ended.has(index) ? 'done' : 'open'),
      recheck: async ({ index }) => (ended.has(index) ? 'done' : 'open'),
      publish: async ({ index }, _code, event) => end(index, printedRow(event)),
      refuse: async ({ index }, event) => end(index, refusedRow(event)),
      // Every scene is in its last round: none is set aside.
      park: async () => 'unknown',
    },
  }
}
