/**
 * The first pictures of a campaign beside those of the epoch before: where the bytes are the same, WeChat still answers with what it
 * had made then, and a new logo is not in it yet. That others differ proves nothing: nobody knows whether WeChat repeats itself.
 */
import {
  type CampaignRecord,
  type CodeStore,
  type Look,
  lookWithPage,
  nameCode,
  type PublishedEvent,
} from '@sunpress/core'
import type { KnownLook } from '@sunpress/ledger'

export interface CanaryScene {
  readonly row: PublishedEvent
  /** null: no picture of an earlier epoch stands in the store. */
  readonly before: { readonly codeId: string; readonly key: string; readonly epoch: number } | null
  /** Byte for byte; null without an earlier one. */
  readonly same: boolean | null
}

/** Pictures compared: enough to tell, and soon done. */
export const MOST_COMPARED = 100
const AT_ONCE = 16

export async function compareCanary(
  codes: Pick<CodeStore, 'read' | 'stat'>,
  looks: readonly KnownLook[],
  record: CampaignRecord,
  rows: readonly PublishedEvent[],
): Promise<CanaryScene[]> {
  const epochs = earlierEpochs(looks, record.look)
  const found: CanaryScene[] = []
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE)
    found.push(...(await Promise.all(some.map((row) => compare(codes, record, row, epochs)))))
  }
  return found
}

/** Newest first. */
function earlierEpochs(looks: readonly KnownLook[], { epoch }: Look): number[] {
  const epochs = new Set<number>()
  for (const { look } of looks) if (look.epoch < epoch) epochs.add(look.epoch)
  return [...epochs].toSorted((one, other) => other - one)
}

async function compare(
  codes: Pick<CodeStore, 'read' | 'stat'>,
  { app, look }: CampaignRecord,
  row: PublishedEvent,
  epochs: readonly number[],
): Promise<CanaryScene> {
  for (const epoch of epochs) {
    const { id, key } = nameCode(app, row.scene, { ...lookWithPage(look, row.page), epoch })
    if ((await codes.stat(key)) === null) continue
    const [now, then] = await Promise.all([bytesOf(codes, row.key), bytesOf(codes, key)])
    const same = now !== null && then !== null && now.equals(then)
    return { row, before: { codeId: id, key, epoch }, same }
  }
  return { row, before: null, same: null }
}

async function bytesOf(codes: Pick<CodeStore, 'read'>, key: string): Promise<Buffer | null> {
  const open = await codes.read(key)
  if (open === null) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of open.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
