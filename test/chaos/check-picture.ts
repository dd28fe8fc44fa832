/** One published row against the bytes under its key: whole, of the right size and checksum, and of the right scene. */
import { createHash } from 'node:crypto'
import type { CampaignRecord, FeedEvent, PublishedEvent } from '@sunpress/core'
import { inspectAnyPicture } from '@sunpress/image'
import { readNote } from '@sunpress/simulator'

export function checkPicture(
  event: FeedEvent,
  { record }: { readonly record: CampaignRecord },
  pictures: ReadonlyMap<string, Uint8Array>,
): string[] {
  if (event.type !== 'code.published') return []
  const bytes = pictures.get(event.key)
  if (bytes === undefined) return [`${event.id}: no picture under ${event.key}`]
  const inspection = inspectAnyPicture(bytes)
  if (!inspection.whole) return [`${event.id}: ${inspection.defect.code}`]
  const width = record.look.width
  const found = {
    format: inspection.format,
    size: `${inspection.width}x${inspection.height}`,
    told: event.width,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...noteOf(bytes),
  }
  const due = { format: record.look.format, size: `${width}x${width}`, told: width, ...dueOf(event, record) }
  return Object.entries(due)
    .filter(([name, value]) => found[name as keyof typeof found] !== value)
    .map(([name, value]) => `${event.id}: ${name} is ${found[name as keyof typeof found]}, not ${value}`)
}

const dueOf = (event: PublishedEvent, record: CampaignRecord) => ({
  bytes: event.bytes,
  sha256: event.sha256,
  appid: record.app as string,
  scene: event.scene as unknown,
  page: (event.page ?? record.look.page) as unknown,
})

/** What the simulator drew. */
function noteOf(bytes: Uint8Array) {
  const note = readNote(bytes)
  return { appid: note?.appid, scene: note?.params['scene'], page: note?.params['page'] }
}
