/**
 * Closes the rows of the feed into immutable manifest parts, and trims the stream of what is closed. For one leadership: rows
 * must come in order from the first one; anything else means that the index isn't the one we knew, and it is rebuilt.
 */
import type { CampaignId, Clock } from '@sunpress/core'
import type { CampaignIndex, FeedEntry, Leadership } from '@sunpress/feed'
import { ROWS_PER_MANIFEST_PART } from '@sunpress/ledger'
import { DONE, ended, type StepEnd, type UpkeepParts, whyUnfit } from './parts.js'

/** A part is closed at the latest so long after its first row. */
const CLOSE_AFTER_MS = 60_000
const READ_AT_ONCE = 1_000
/** Rows of a part: until it is closed they stand in Redis, some 650 bytes each. */
const CLOSE_AT_ROWS = Math.min(2_500, ROWS_PER_MANIFEST_PART)

interface OpenPart {
  /** Number that the next row must have. */
  next: number
  /** False until the first row that no part holds: after a change of leader the stream still has closed ones. */
  strict: boolean
  firstN: number
  firstStreamId: string
  openedAtMs: number
  lines: string[]
}

export interface ManifestWriter {
  /** Reads what is new and closes the parts that are due. */
  write(leader: Leadership, open: readonly CampaignIndex[]): Promise<StepEnd>
  /** Reads what is new and closes all of it: a leader that ends leaves nothing to be published anew. */
  closeAll(leader: Leadership): Promise<StepEnd>
  /** The same for one campaign. */
  closeNow(leader: Leadership, id: CampaignId): Promise<StepEnd>
}

/** `onClosed` is told of each campaign that a part was closed of. */
export function createManifestWriter(
  parts: UpkeepParts,
  onClosed: (id: CampaignId) => void = () => {},
): ManifestWriter {
  const { index, manifests, clock } = parts
  const pending = new Map<CampaignId, OpenPart>()
  let readTo = ''

  const partOf = async (leader: Leadership, id: CampaignId): Promise<OpenPart | null> => {
    const there = pending.get(id)
    if (there !== undefined) return there
    const campaign = await index.readCampaign(leader.app, id)
    if (campaign === null) return null
    const part = {
      next: campaign.closed + 1,
      strict: false,
      firstN: 0,
      firstStreamId: '',
      openedAtMs: 0,
      lines: [],
    }
    pending.set(id, part)
    return part
  }

  const readNew = async (leader: Leadership): Promise<StepEnd> => {
    for (;;) {
      const entries = await index.readEntries(leader.app, readTo, READ_AT_ONCE)
      for (const entry of entries) {
        const part = await partOf(leader, entry.campaign)
        if (part === null) return ended('unknown_campaign')
        if (!take(part, entry, clock)) return ended('rows_out_of_order')
        readTo = entry.streamId
        if (part.lines.length >= CLOSE_AT_ROWS) {
          const end = await close(leader, entry.campaign, part)
          if (!end.ok) return end
        }
      }
      if (entries.length < READ_AT_ONCE) return DONE
    }
  }

  const close = async (leader: Leadership, id: CampaignId, part: OpenPart): Promise<StepEnd> => {
    const lastN = part.next - 1
    // A snapshot may have rows of a campaign that has ended without them.
    const unfit = await whyUnfit(parts, leader)
    if (unfit !== null) return unfit
    if ((await manifests.writePart(id, part.firstN, part.lines)) === 'conflict') return ended('part_conflict')
    part.lines = []
    onClosed(id)
    const answer = await index.closeRows(leader, id, lastN, keepFrom(pending, readTo))
    if (answer === 'rebuild') return ended('no_generation')
    return answer === 'fenced' ? ended('fenced') : DONE
  }

  const closeThose = async (leader: Leadership, wanted: (id: CampaignId) => boolean): Promise<StepEnd> => {
    const end = await readNew(leader)
    if (!end.ok) return end
    for (const [id, part] of pending) {
      if (part.lines.length === 0 || !wanted(id)) continue
      const closed = await close(leader, id, part)
      if (!closed.ok) return closed
    }
    return DONE
  }

  return {
    closeAll: (leader) => closeThose(leader, () => true),
    closeNow: (leader, only) => closeThose(leader, (id) => id === only),
    async write(leader, open) {
      const end = await readNew(leader)
      if (!end.ok) return end
      const byId = new Map(open.map((campaign) => [campaign.id, campaign]))
      for (const [id, part] of pending) {
        if (part.lines.length === 0) {
          if (!byId.has(id)) pending.delete(id)
          continue
        }
        if (!isDue(part, byId.get(id), clock)) continue
        const closed = await close(leader, id, part)
        if (!closed.ok) return closed
      }
      return DONE
    },
  }
}

/** false when the row is not the one that had to come. */
function take(part: OpenPart, entry: FeedEntry, clock: Clock): boolean {
  if (entry.n < part.next && !part.strict) return true
  if (entry.n !== part.next) return false
  part.strict = true
  if (part.lines.length === 0) {
    part.firstN = entry.n
    part.firstStreamId = entry.streamId
    part.openedAtMs = clock.monotonic()
  }
  part.lines.push(entry.line)
  part.next++
  return true
}

function isDue(part: OpenPart, campaign: CampaignIndex | undefined, clock: Clock): boolean {
  // Whoever looks at one that is paused, a canary's pictures perhaps, is to find them after a loss of Redis as well.
  const isResting = campaign === undefined || campaign.state !== 'running' || campaign.counts.pending === 0
  return isResting || clock.monotonic() - part.openedAtMs >= CLOSE_AFTER_MS
}

/** The first stream id that has to stay: that of the oldest row in no closed part. */
function keepFrom(pending: ReadonlyMap<CampaignId, OpenPart>, readTo: string): string {
  const unclosed = [...pending.values()]
    .filter(({ lines }) => lines.length > 0)
    .map((part) => part.firstStreamId)
  if (unclosed.length === 0) return after(readTo)
  return unclosed.reduce((least, id) => (compareStreamIds(id, least) < 0 ? id : least))
}

const idParts = (id: string): [number, number] => {
  const [ms = '0', seq = '0'] = id.split('-')
  return [Number(ms), Number(seq)]
}

function compareStreamIds(a: string, b: string): number {
  const [aMs, aSeq] = idParts(a)
  const [bMs, bSeq] = idParts(b)
  return aMs - bMs || aSeq - bSeq
}

function after(id: string): string {
  const [ms, seq] = idParts(id)
  return `${ms}-${seq + 1}`
}
