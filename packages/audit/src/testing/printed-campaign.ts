/** A campaign in a store of its own, printed and ended, for tests to damage. */
import {
  type AppId,
  type CampaignId,
  type CampaignReport,
  type Clock,
  DEFAULT_LOOK,
  eventIdOf,
  type FeedEvent,
  lookIdOf,
  nameCode,
  newCampaignId,
  type PublishedEvent,
} from '@sunpress/core'
import { makeJpeg } from '@sunpress/image/testing'
import { createBitsLedger, createCampaignLedger, createManifestLedger, packRows } from '@sunpress/ledger'
import { openMemoryStore } from '@sunpress/storage'

export const APP = 'wx0123456789abcdef' as AppId
export const LOOK = { ...DEFAULT_LOOK, page: 'pages/index/index', width: 280 }
export const AT = '2026-01-01T00:00:00.000Z'
export const PICTURE = makeJpeg({ width: 280, height: 280 })

const clock: Clock = { now: () => Date.parse(AT), monotonic: () => 0, sleep: async () => {} }

export function openTestStore() {
  const { codes, records } = openMemoryStore({ clock })
  return {
    codes,
    records,
    clock,
    campaigns: createCampaignLedger(records),
    manifests: createManifestLedger(records),
    bits: createBitsLedger(records),
  }
}

export type TestStore = ReturnType<typeof openTestStore>

export interface Printed {
  readonly scenes: readonly string[]
  /** Indexes that WeChat refused, and that nobody came to. */
  readonly refused?: readonly number[]
  readonly cancelled?: readonly number[]
  /** Of those refused. */
  readonly reason?: string
}

export async function print(store: TestStore, printed: Printed): Promise<CampaignId> {
  const { scenes, refused = [], cancelled = [], reason = 'invalid_page' } = printed
  const id = newCampaignId(Date.parse(AT))
  await store.campaigns.writePart(id, 0, 0, packRows(scenes.map((scene) => ({ scene }))))
  const record = { v: 1, id, app: APP, name: 'test', priority: 5, look: LOOK, badRows: 'refuse' } as const
  const [total, skipped, source] = [scenes.length, 0, { kind: 'scenes' } as const]
  await store.campaigns.writeCampaign({ ...record, source, total, skipped, createdAt: AT })
  const rows: FeedEvent[] = []
  for (const [index, scene] of scenes.entries()) {
    if (cancelled.includes(index)) continue
    const n = rows.length + 1
    rows.push(
      refused.includes(index)
        ? refusedRow(id, index, n, scene, reason)
        : await publish(store, id, index, n, scene),
    )
  }
  await appendRows(store, id, rows)
  await store.campaigns.writeReport(reportOf(id, total, rows))
  return id
}

export async function appendRows(
  store: TestStore,
  id: CampaignId,
  rows: readonly FeedEvent[],
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  await store.manifests.writePart(
    id,
    first.n,
    rows.map((row) => JSON.stringify(row)),
  )
}

export async function publish(
  { codes }: TestStore,
  campaign: CampaignId,
  index: number,
  n: number,
  scene: string,
): Promise<PublishedEvent> {
  const name = nameCode(APP, scene, LOOK)
  const code = await codes.put(name.key, { bytes: PICTURE, format: 'jpg', width: 280 })
  return {
    ...{ v: 1, id: eventIdOf(campaign, index), type: 'code.published', app: APP, campaign, index, n, scene },
    ...{ page: LOOK.page, codeId: name.id, look: lookIdOf(LOOK), key: name.key, bytes: code.bytes },
    ...{ sha256: code.sha256, contentType: 'image/jpeg', width: 280, reused: false, publishedAt: AT },
  }
}

const refusedRow = (
  campaign: CampaignId,
  index: number,
  n: number,
  scene: string,
  reason: string,
): FeedEvent => ({
  ...{ v: 1, id: eventIdOf(campaign, index), type: 'code.refused', app: APP, campaign, index, n, scene },
  ...{ page: LOOK.page, errcode: 41030, reason, rid: null, attempts: 1, refusedAt: AT },
})

function reportOf(id: CampaignId, total: number, rows: readonly FeedEvent[]): CampaignReport {
  const published = rows.filter(({ type }) => type === 'code.published').length
  const refused = rows.length - published
  const cancelled = total - rows.length
  const counts = { total, published, reused: 0, refused, cancelled, pending: 0, skipped: 0 }
  return { v: 1, id, state: cancelled > 0 ? 'cancelled' : 'completed', counts, finishedAt: AT }
}
