/**
 * Writes the bits of what stands in closed parts to the ledger, every few minutes and at a clean stop, so that a rebuild reads
 * few parts. From the parts alone: whatever Redis says beyond them would be lost with it. Whoever writes one, leader or not any
 * more, writes the truth.
 */
import type { CampaignId, Clock } from '@sunpress/core'
import type { UpkeepParts } from './parts.js'
import { readProgress } from './progress.js'
import type { SceneReader } from './scene-reader.js'

/** A campaign's checkpoint is at most so much older than its closed parts… */
const EVERY_MS = 180_000
/** …or so many parts behind them. */
const EVERY_PARTS = 50
/** Of a clean stop. */
const STOP_BUDGET_MS = 5_000

export interface Checkpointer {
  /** A part of it was closed. */
  closed(id: CampaignId): void
  /** It has ended: there will be nothing to rebuild. */
  forget(id: CampaignId): void
  /** Writes one that is due, if there is any. */
  step(): Promise<void>
  /** Writes all of them, as far as time allows. */
  writeAll(): Promise<void>
}

interface Unwritten {
  readonly sinceMs: number
  parts: number
}

export function createCheckpointer(
  parts: Pick<UpkeepParts, 'manifests' | 'bits'> & { readonly clock: Clock },
  reader: Pick<SceneReader, 'record'>,
): Checkpointer {
  const { clock, bits } = parts
  const unwritten = new Map<CampaignId, Unwritten>()

  const write = async (id: CampaignId): Promise<void> => {
    unwritten.delete(id)
    const { progress, checkpoint } = await readProgress(parts, await reader.record(id))
    if (progress.n > checkpoint) await bits.writeCheckpoint(id, progress)
  }
  const isDue = ({ sinceMs, parts: behind }: Unwritten): boolean =>
    behind >= EVERY_PARTS || clock.monotonic() - sinceMs >= EVERY_MS

  return {
    closed(id) {
      const one = unwritten.get(id)
      if (one === undefined) unwritten.set(id, { sinceMs: clock.monotonic(), parts: 1 })
      else one.parts++
    },
    forget: (id) => void unwritten.delete(id),
    async step() {
      for (const [id, one] of unwritten) if (isDue(one)) return await write(id)
    },
    async writeAll() {
      const startedMs = clock.monotonic()
      for (const id of [...unwritten.keys()]) {
        if (clock.monotonic() - startedMs > STOP_BUDGET_MS) return
        await write(id)
      }
    },
  }
}
