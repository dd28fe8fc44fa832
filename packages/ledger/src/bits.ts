/**
 * Bitmaps of a campaign in the ledger, one bit a scene: checkpoints of what is done, so that a rebuild reads few manifest parts,
 * and the scenes that a `retry` took out again. A checkpoint is a convenience: one that can't be read is passed over. What a
 * retry took out is a fact: one that can't be read is a HaltFault.
 */
import { type CampaignId, type FeedEvent, HaltFault, type Records } from '@sunpress/core'
import { parseBits, toBits } from './bits-file.js'
import { listAll } from './files.js'
import * as paths from './paths.js'

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

/** Refused scenes that a `retry` lets print again: those of `bits`, whose last row of the first `upTo` is a refusal that it means. */
export interface RetriedBits {
  readonly seq: number
  readonly upTo: number
  readonly bits: Buffer
}

/**
 * Is a row no longer what its scene came to? A refused one that a retry has taken out: the scene is pending again, or has a later
 * row.
 */
export const isRetriedRow = (
  retries: readonly RetriedBits[],
  { type, n, index }: Pick<FeedEvent, 'type' | 'n' | 'index'>,
): boolean =>
  type === 'code.refused' &&
  retries.some(({ upTo, bits }) => n <= upTo && ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)

export interface BitsLedger {
  /** Durable when it resolves; after that the older ones go. */
  writeCheckpoint(id: CampaignId, checkpoint: Checkpoint): Promise<void>
  /** The newest one that is whole and satisfies `fits`; null when there is none. */
  readCheckpoint(
    id: CampaignId,
    total: number,
    fits?: (counts: BitsCounts) => boolean,
  ): Promise<Checkpoint | null>
  removeCheckpoints(id: CampaignId): Promise<void>
  /** Create-only: gives what stands there, be it ours or another leader's. */
  writeRetry(id: CampaignId, total: number, retry: RetriedBits): Promise<RetriedBits>
  /** null when that command has not been carried out yet. */
  readRetry(id: CampaignId, total: number, seq: number): Promise<RetriedBits | null>
  /** Numbers of the commands carried out, ascending. */
  listRetries(id: CampaignId): Promise<number[]>
  /** All that were carried out, in the order of their commands. */
  readRetries(id: CampaignId, total: number): Promise<RetriedBits[]>
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
        if (found !== null && found.head.n === n && fits(found.head))
          return { ...found.head, bits: found.bits }
      }
      return null
    },
    async removeCheckpoints(id) {
      for (const n of await listNumbers(records, paths.bitsPrefix(id)))
        await records.remove(paths.bitsFile(id, n))
    },
    async writeRetry(id, total, { bits, ...head }) {
      await records.putIfAbsent(paths.retryFile(id, head.seq), toBits({ kind: 'retried', ...head }, bits))
      return (await this.readRetry(id, total, head.seq)) ?? { bits, ...head }
    },
    async readRetry(id, total, seq) {
      const key = paths.retryFile(id, seq)
      const bytes = await records.read(key)
      if (bytes === null) return null
      const found = parseBits<Omit<RetriedBits, 'bits'>>(bytes, 'retried', total)
      if (found === null) throw new HaltFault('ledger_damaged', `${key} can't be read by this release`)
      return { ...found.head, bits: found.bits }
    },
    listRetries: (id) => listNumbers(records, paths.retriesFolder(id)),
    async readRetries(id, total) {
      const found: RetriedBits[] = []
      for (const seq of await this.listRetries(id)) {
        const retry = await this.readRetry(id, total, seq)
        if (retry !== null) found.push(retry)
      }
      return found
    },
  }
}

/** Ascending. */
async function listNumbers(records: Records, prefix: string): Promise<number[]> {
  const numbers: number[] = []
  for await (const key of listAll(records, prefix)) {
    const rest = key.slice(prefix.length)
    if (/^\d{1,15}$/.test(rest)) numbers.push(Number(rest))
  }
  return numbers.sort((a, b) => a - b)
}
