/**
 * Is every picture that a campaign has published still there, whole, and the one that was published? Reads each one to its last
 * byte. Promises nothing about pictures that are published while it runs, and changes nothing.
 */
import {
  type CampaignId,
  type CampaignRecord,
  type CampaignReport,
  type Clock,
  type CodeStore,
  type FeedEvent,
  isReopened,
  lookWithPage,
  nameCode,
  type Records,
  ROWS_PER_PART,
  type SceneRow,
} from '@sunpress/core'
import {
  type BitsLedger,
  type CampaignLedger,
  type ManifestLedger,
  readPurged,
  retriedRows,
} from '@sunpress/ledger'
import { askedFor, checkPicture, defectOf, readBytes, sha256Of } from './check-picture.js'
import { FINDING_KINDS, type Finding, type FindingKind } from './finding.js'
import { inParallel } from './in-parallel.js'
import { createSeenBits, lastRows, type SeenBits } from './last-rows.js'
import { patiently } from './patiently.js'
import { createReplacements, type Replacements } from './replacements.js'

export interface AuditParts {
  /** The ledger. */
  readonly records: Records
  readonly campaigns: CampaignLedger
  readonly manifests: ManifestLedger
  readonly bits: Pick<BitsLedger, 'readRetries'>
  readonly codes: CodeStore
  readonly clock: Clock
}

export interface VerifyOptions {
  /** Pictures in hand at a time. */
  readonly parallel: number
  readonly onFinding: (finding: Finding) => void
  /** After each row. */
  readonly onChecked: (checked: number, total: number) => void
  readonly signal: AbortSignal
}

export interface VerifyReport {
  readonly v: 1
  readonly campaign: CampaignId
  /** false: rows may still come, and only those in closed parts of the manifest were read. */
  readonly ended: boolean
  /** Wholly or in part: nothing was read. */
  readonly purged: boolean
  /** null: it has not ended. */
  readonly state: CampaignReport['state'] | null
  readonly total: number
  readonly published: number
  readonly refused: number
  /** Scenes without a row in a closed part of the manifest; 0 of a campaign that was purged. */
  readonly unlisted: number
  readonly findings: Readonly<Record<FindingKind, number>>
  /** Sentences about the ledger itself: counts that don't add up. */
  readonly ledger: readonly string[]
}

/** null when there is no such campaign. Throws as the store does, after a few tries. */
export async function verifyCampaign(
  parts: AuditParts,
  id: CampaignId,
  options: VerifyOptions,
): Promise<VerifyReport | null> {
  const record = await parts.campaigns.readCampaign(id)
  if (record === null) return null
  const purged = await whyPurged(parts, id)
  const report = await parts.campaigns.readReport(id)
  // One that is open again is no longer what its report says.
  const ended = report !== null && !isReopened(report, await parts.campaigns.readControl(id)) ? report : null
  const replacements = createReplacements(parts, record)
  const seen = createSeenBits(record.total)
  const counted = { published: 0, refused: 0, checked: 0 }
  const findings = new Map<FindingKind, number>()
  const look = async (row: FeedEvent): Promise<void> => {
    options.signal.throwIfAborted()
    if (row.type === 'code.refused') counted.refused++
    else counted.published++
    const finding = await patiently(parts.clock, () => lookAt(parts.codes, record, row, replacements))
    if (finding !== null) tell(finding)
    options.onChecked(++counted.checked, record.total)
  }
  const tell = (finding: Finding): void => {
    findings.set(finding.kind, (findings.get(finding.kind) ?? 0) + 1)
    options.onFinding(finding)
  }
  if (purged === null) {
    // A refusal that was taken back is none: its scene was printed again, or cancelled.
    const isTakenBack = retriedRows(await parts.bits.readRetries(id, record.total))
    await inParallel(lastRows(parts.manifests, id, seen, isTakenBack), options.parallel, look)
  }
  const unlisted = purged === null ? record.total - counted.published - counted.refused : 0
  if (ended?.state === 'cancelled' && unlisted > 0)
    await inParallel(orphansIn(parts, record, seen, options.signal), options.parallel, async (f) => tell(f))
  return {
    v: 1,
    campaign: id,
    ended: ended !== null,
    purged: purged !== null,
    state: ended?.state ?? null,
    total: record.total,
    published: counted.published,
    refused: counted.refused,
    unlisted,
    findings: Object.fromEntries(FINDING_KINDS.map((kind) => [kind, findings.get(kind) ?? 0])) as Record<
      FindingKind,
      number
    >,
    ledger: purged !== null ? [purged] : ended !== null ? contradictions(ended, counted, unlisted) : [],
  }
}

const PURGED = 'its pictures were purged: nothing is left to verify'
const PURGING = 'its purge was not finished: repeat it'

async function whyPurged({ records, campaigns }: AuditParts, id: CampaignId): Promise<string | null> {
  if (!(await campaigns.isPurged(id))) return null
  return (await readPurged(records, id)) === null ? PURGING : PURGED
}

/** All of it was read, and all is as it was published. */
export const isSound = (report: VerifyReport): boolean => isReadWhole(report) && isFaultless(report)

/** Of one that is open, or was purged, nobody can say how it is. */
export const isReadWhole = ({ ended, purged }: VerifyReport): boolean => ended && !purged

/** As far as it was read. */
export const isFaultless = ({ findings, ledger, purged }: VerifyReport): boolean =>
  (purged || ledger.length === 0) && FINDING_KINDS.every((kind) => kind === 'orphan' || findings[kind] === 0)

async function lookAt(
  codes: CodeStore,
  record: CampaignRecord,
  row: FeedEvent,
  replacements: Replacements,
): Promise<Finding | null> {
  if (row.type !== 'code.refused') return await checkPicture(codes, row, replacements)
  return await orphanAt(
    codes,
    record,
    row,
    row.index,
    row.reason === 'store_defect' ? 'defective' : 'refused',
  )
}

async function* orphansIn(
  { campaigns, codes, clock }: AuditParts,
  record: CampaignRecord,
  seen: SeenBits,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  for (let part = 0; part * ROWS_PER_PART < record.total; part++) {
    const rows = (await campaigns.readPart(record.id, part)) ?? []
    for (const [at, row] of rows.entries()) {
      signal.throwIfAborted()
      const index = part * ROWS_PER_PART + at
      if (seen.has(index)) continue
      const found = await patiently(clock, () => orphanAt(codes, record, row, index, 'cancelled'))
      if (found !== null) yield found
    }
  }
}

/**
 * Another campaign may have published it: that it stands there is told, and harms nobody. But for one that stands in the way of
 * its scene, which was refused since what is there is not the picture that was asked for.
 */
async function orphanAt(
  codes: CodeStore,
  record: CampaignRecord,
  row: SceneRow,
  index: number,
  became: 'refused' | 'defective' | 'cancelled',
): Promise<Finding | null> {
  const look = lookWithPage(record.look, row.page)
  const { id: codeId, key } = nameCode(record.app, row.scene, look)
  const bytes = became === 'defective' ? await readBytes(codes, key) : null
  if (bytes === null && (became === 'defective' || (await codes.stat(key)) === null)) return null
  const finding = { index, row: askedFor(row), codeId, key, sha256: null }
  const defect = bytes === null ? null : defectOf(bytes, look)
  if (bytes !== null && defect !== null) return { ...finding, ...defect, sha256: sha256Of(bytes) }
  const what = became === 'cancelled' ? 'cancelled' : 'refused'
  return { ...finding, kind: 'orphan', message: `a picture stands there, though the scene was ${what}` }
}

function contradictions(
  { counts }: CampaignReport,
  { published, refused }: { published: number; refused: number },
  unlisted: number,
): string[] {
  const said: [string, number, number][] = [
    ['published', counts.published, published],
    ['refused', counts.refused, refused],
    ['cancelled', counts.cancelled, unlisted],
  ]
  return said
    .filter(([, told, found]) => told !== found)
    .map(([what, told, found]) => `${what}: the report says ${told}, the manifest holds ${found}`)
}
