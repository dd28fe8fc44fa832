/**
 * Bitmaps of a campaign in the ledger, one bit a scene: checkpoints of what is done, so that a rebuild reads few manifest parts,
 * and the scenes that a `retry` took out again. A checkpoint is a convenience: one that can't be read is passed over. What a
 * retry took out is a fact: one that can't be read is a HaltFault.
 */
import { type CampaignId, type FeedEvent, HaltFault, type Records } from '@sunpress/core'
import { parseBits, parseScenes, toBits, toScenes } from './bits-file.js'
import { listNumbers } from './files.js'
import * as paths from './paths.js'
import { countBits, type SceneSet } from './scene-set.js'

/** What was closed when a checkpoint was written. */
export interface BitsCounts {
  /** Rows in closed parts: they are those numbered 1 to `n`. */
  readonly n: number
  readonly published: number
  readonly reused: number
  readonly refused: number
  /** Number of the last `retry` that the bits know of. */
  readonly retried: number
}

export interface Checkpoint extends BitsCounts {
  /** One bit a scene, from the most significant one; changed by whoever reads it. */
  readonly bits: Buffer
}

/** Refused scenes that a `retry` lets print again: those whose last row of the first `upTo` is a refusal that it means. */
export interface RetriedScenes {
  readonly seq: number
  readonly upTo: number
  readonly scenes: SceneSet
}

/** The same as it was decided: a bit a scene. */
export interface RetriedBits extends Omit<RetriedScenes, 'scenes'> {
  readonly bits: Buffer
}

/**
 * Tells whether a row is no longer what its scene came to: a refused one that a retry has taken out; the scene is pending again,
 * or has a later row. Small retries are merged into one: many of them cost no more than their scenes.
 */
export function retriedRows(
  retries: readonly RetriedScenes[],
): (row: Pick<FeedEvent, 'type' | 'n' | 'index'>) => boolean {
  const large = retries.filter(({ scenes }) => !scenes.isSparse)
  const upTos = new Map<number, number>()
  for (const { upTo, scenes } of retries)
    if (scenes.isSparse) scenes.each((index) => void upTos.set(index, Math.max(upTo, upTos.get(index) ?? 0)))
  return ({ type, n, index }) =>
    type === 'code.refused' &&
    (n <= (upTos.get(index) ?? 0) || large.some(({ upTo, scenes }) => n <= upTo && scenes.has(index)))
}

export interface BitsLedger {
  /** Durable when it resolves; after that the older ones go. */
  writeCheckpoint(id: CampaignId, checkpoint: Checkpoint): Promise<void>
  /** The newest one that is whole, agrees with itself and satisfies `fits`; null when there is none. */
  readCheckpoint(
    id: CampaignId,
    total: number,
    fits?: (counts: BitsCounts) => boolean,
  ): Promise<Checkpoint | null>
  removeCheckpoints(id: CampaignId): Promise<void>
  /** Create-only: gives what stands there, be it ours or another leader's. */
  writeRetry(id: CampaignId, total: number, retry: RetriedBits): Promise<RetriedScenes>
  /** null when that command has not been carried out yet. */
  readRetry(id: CampaignId, total: number, seq: number): Promise<RetriedScenes | null>
  /** Numbers of the commands carried out, ascending. */
  listRetries(id: CampaignId): Promise<number[]>
  /** All that were carried out, in the order of their commands. */
  readRetries(id: CampaignId, total: number): Promise<RetriedScenes[]>
}

export function createBitsLedger(records: Records): BitsLedger {
  return {
    async writeCheckpoint(id, { bits, ...counts }) {
      await records.put(paths.bitsFile(id, counts.n), toBits({ kind: 'done', ...counts }, bits))
      for (const n of await listNumbers(records, paths.bitsPrefix(id))) {
        if (n < counts.n) await records.remove(paths.bitsFile(id, n))
      }
    },
    async readCheckpoint(id, total, fits = () => true) {
      for (const n of (await listNumbers(records, paths.bitsPrefix(id))).reverse()) {
        const found = parseBits<BitsCounts>(await records.read(paths.bitsFile(id, n)), 'done', total)
        if (found === null || found.head.n !== n || !agrees(found.head, found.bits)) continue
        if (fits(found.head)) return { ...found.head, bits: found.bits }
      }
      return null
    },
    async removeCheckpoints(id) {
      for (const n of await listNumbers(records, paths.bitsPrefix(id)))
        await records.remove(paths.bitsFile(id, n))
    },
    async writeRetry(id, total, { bits, ...head }) {
      const file = toScenes({ kind: 'retried', ...head } as { kind: string }, bits)
      const key = paths.retryFile(id, head.seq)
      await records.putIfAbsent(key, file)
      const written = await this.readRetry(id, total, head.seq)
      if (written === null) throw new HaltFault('ledger_missing', `The ledger does not hold ${key}`)
      return written
    },
    async readRetry(id, total, seq) {
      const key = paths.retryFile(id, seq)
      const bytes = await records.read(key)
      if (bytes === null) return null
      const found = parseScenes<Omit<RetriedScenes, 'scenes'>>(bytes, 'retried', total)
      if (found === null) throw new HaltFault('ledger_damaged', `${key} can't be read by this release`)
      return { ...found.head, scenes: found.scenes }
    },
    listRetries: (id) => listNumbers(records, paths.retriesFolder(id)),
    async readRetries(id, total) {
      const found: RetriedScenes[] = []
      for (const seq of await this.listRetries(id)) {
        const retry = await this.readRetry(id, total, seq)
        if (retry !== null) found.push(retry)
      }
      return found
    },
  }
}

/** As many bits as scenes that it says are done, and no more rows of scenes than rows. */
const agrees = ({ n, published, reused, refused }: BitsCounts, bits: Buffer): boolean =>
  countBits(bits) === published + refused && reused <= published && published + refused <= n
