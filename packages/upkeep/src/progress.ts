/**
 * How far a campaign has come, by the ledger alone: the newest checkpoint of its bits, the closed rows behind it, and what
 * retries took out again. Pure but for its reader.
 */
import type { CampaignRecord, FeedEvent } from '@sunpress/core'
import { type Checkpoint, missingRow, type RetriedScenes } from '@sunpress/ledger'
import { clearBit, hasBit, newBits, setBit } from './bits.js'
import type { UpkeepParts } from './parts.js'

export type Progress = { -readonly [Name in keyof Checkpoint]: Checkpoint[Name] }

type LedgerParts = Pick<UpkeepParts, 'manifests' | 'bits'>

const untouched = (total: number): Progress => ({
  ...{ n: 0, published: 0, reused: 0, refused: 0, retried: 0 },
  bits: newBits(total),
})

export async function readProgress(
  parts: LedgerParts,
  campaign: Pick<CampaignRecord, 'id' | 'total'>,
): Promise<{ progress: Progress; checkpoint: number }> {
  // In the order of their commands, which is that of their `upTo` as well.
  const retries = await parts.bits.readRetries(campaign.id, campaign.total)
  const newest = await parts.bits.readCheckpoint(campaign.id, campaign.total, ({ n, retried }) =>
    retries.every(({ seq, upTo }) => seq <= retried || upTo >= n),
  )
  const progress: Progress = newest === null ? untouched(campaign.total) : { ...newest }
  const left = retries.filter(({ seq }) => seq > progress.retried)
  for await (const rows of rowsBehind(parts, campaign, progress.n)) takeRows(progress, rows, left)
  for (const retry of left) takeRetry(progress, retry)
  return { progress, checkpoint: newest?.n ?? 0 }
}

/** Closed rows numbered above `n`, part by part. Throws HaltFault where a part between others is missing. */
async function* rowsBehind(
  { manifests }: LedgerParts,
  { id }: Pick<CampaignRecord, 'id'>,
  n: number,
): AsyncGenerator<FeedEvent[]> {
  const firsts = await manifests.listParts(id)
  const next = firsts.findIndex((firstN) => firstN > n)
  if (next === -1) return
  // A checkpoint ends where a part does; where it doesn't, the part that it ends in is read too.
  for (const firstN of firsts.slice(firsts[next] === n + 1 ? next : Math.max(0, next - 1))) {
    if (firstN > n + 1) missingRow(id, n + 1)
    const rows = (await manifests.readPart(id, firstN)).filter((row) => row.n > n)
    n = rows.at(-1)?.n ?? n
    yield rows
  }
}

function takeRows(progress: Progress, rows: readonly FeedEvent[], left: RetriedScenes[]): void {
  for (const row of rows) {
    for (const retry of takeThose(left, row.n)) takeRetry(progress, retry)
    progress.n = Math.max(progress.n, row.n)
    if (hasBit(progress.bits, row.index)) continue
    setBit(progress.bits, row.index)
    if (row.type === 'code.refused') progress.refused++
    else progress.published++
    if (row.type !== 'code.refused' && row.reused) progress.reused++
  }
}

/** Takes those out of the list that came before row `n`. */
export function takeThose(left: RetriedScenes[], n: number): RetriedScenes[] {
  const later = left.findIndex(({ upTo }) => upTo >= n)
  return left.splice(0, later === -1 ? left.length : later)
}

function takeRetry(progress: Progress, { seq, scenes }: RetriedScenes): void {
  scenes.each((index) => {
    if (!hasBit(progress.bits, index)) return
    clearBit(progress.bits, index)
    progress.refused--
  })
  progress.retried = Math.max(progress.retried, seq)
}
