/**
 * Campaigns in the ledger. A campaign exists when its campaign.json does: parts and looks first, then the open mark, then
 * campaign.json, and only then may anybody be told of it.
 */
import {
  type AppId,
  type CampaignId,
  type CampaignRecord,
  type CampaignReport,
  type ControlRecord,
  codeIdLook,
  isCampaignId,
  isReopened,
  type Look,
  lookIdOf,
  type NewCommand,
  type Records,
  type RowError,
  type SceneRow,
} from '@sunpress/core'
import { checkVersion, fromLines, listAll, readJson, toJson, toLines, type Versioned } from './files.js'
import { newestFirst } from './newest-first.js'
import type { PartLines } from './part-lines.js'
import * as paths from './paths.js'
import { isPurged } from './purged.js'
import { readReport, writeReport } from './reports.js'

interface PartHead extends Versioned {
  readonly kind: 'scenes'
  readonly first: number
  readonly rows: number
}

export interface OpenMark extends Versioned {
  readonly app: AppId
}

/** A row of a source that was left out. */
export interface BadRow {
  /** Physical line of a streamed source, from 1. */
  readonly line?: number
  /** Of a row in JSON: its JSON pointer in the request. */
  readonly pointer?: string
  readonly errors: readonly RowError[]
}

export interface CampaignLedger {
  /** Create-only, and the same bytes again are fine. Throws when another content stands there. */
  writePart(id: CampaignId, part: number, first: number, lines: PartLines): Promise<'written' | 'conflict'>
  writeBadRows(id: CampaignId, part: number, rows: readonly BadRow[]): Promise<void>
  /** The bad rows of one file, in the order of the source; null when there is no such file. Files count from 0. */
  readBadRows(id: CampaignId, part: number): Promise<readonly BadRow[] | null>
  /** The file keeps the time of its first use, whoever uses it later. */
  writeLook(app: AppId, look: Look, usedAtMs: number): Promise<void>
  markOpen(id: CampaignId, app: AppId): Promise<void>
  /** false when that campaign had been written before. */
  writeCampaign(campaign: CampaignRecord): Promise<boolean>
  readCampaign(id: CampaignId): Promise<CampaignRecord | null>
  /** The rows of one part; null when it is missing. */
  readPart(id: CampaignId, part: number): Promise<readonly SceneRow[] | null>
  listOpen(): AsyncGenerator<CampaignId>
  readOpenMark(id: CampaignId): Promise<OpenMark | null>
  unmarkOpen(id: CampaignId): Promise<void>
  /** All campaigns, oldest first. */
  list(): AsyncGenerator<CampaignId>
  /** Newest first; only those older than `before`, when it is given. Looks back in growing steps from `nowMs`. */
  listNewest(nowMs: number, before?: CampaignId): AsyncGenerator<CampaignId>
  /** Takes away the rows of a campaign that never came to be. */
  removeParts(id: CampaignId): Promise<void>
  /**
   * Written before the command is answered; its number is the next one free. `unless` is asked of the log as it is whenever a
   * number turns out to be taken: true ends the attempt, and the last record of the log is given.
   */
  appendControl(
    id: CampaignId,
    command: ControlRecord['command'] | NewCommand,
    at: string,
    unless?: (log: readonly ControlRecord[]) => boolean,
  ): Promise<ControlRecord>
  /**
   * A `retry`, which may re-open a campaign that has ended: its open mark stands before and behind the command, so that upkeep
   * finds it whatever dies in between. null: it is purged, or being purged, and stays closed. For purges of others it wants an
   * opening around it: see openings.ts.
   */
  appendRetry(
    campaign: Pick<CampaignRecord, 'id' | 'app'>,
    which: Pick<ControlRecord, 'errcodes' | 'reasons'>,
    at: string,
  ): Promise<ControlRecord | null>
  /** Has a purge of it begun, or ended? */
  isPurged(id: CampaignId): Promise<boolean>
  /** Has it ended, for all that the ledger knows? Not when a `retry` came behind its report, unless it is purged. */
  hasEnded(id: CampaignId): Promise<boolean>
  /** Takes the open mark of an ended campaign away; it stays, or comes back, when a `retry` came meanwhile. */
  closeEnded(id: CampaignId, app: AppId): Promise<void>
  /** In order. */
  readControl(id: CampaignId): Promise<ControlRecord[]>
  /** Create-only, each end under its own name. Gives the report that counts, which may be another leader's. */
  writeReport(report: CampaignReport): Promise<CampaignReport>
  /** That of the last end; null before the first. */
  readReport(id: CampaignId): Promise<CampaignReport | null>
}

const VERSION = 1

export function createCampaignLedger(records: Records): CampaignLedger {
  const writeSame = async (key: string, bytes: Uint8Array): Promise<'written' | 'conflict'> => {
    if ((await records.putIfAbsent(key, bytes)) === 'created') return 'written'
    const there = await records.read(key)
    return there !== null && Buffer.compare(there, bytes) === 0 ? 'written' : 'conflict'
  }
  return {
    writePart(id, part, first, lines) {
      const head: PartHead = { v: VERSION, kind: 'scenes', first, rows: lines.rows }
      return writeSame(paths.scenePartFile(id, part), lines.under(toJson(head)))
    },
    async writeBadRows(id, part, rows) {
      await records.put(paths.badRowsFile(id, part), toLines([{ v: VERSION, kind: 'badrows' }, ...rows]))
    },
    readBadRows: (id, part) => readRows<BadRow>(records, paths.badRowsFile(id, part)),
    async writeLook(app, look, usedAtMs) {
      const file = { v: VERSION, ...codeIdLook(look), firstUsedAt: new Date(usedAtMs).toISOString() }
      await records.putIfAbsent(paths.lookFile(app, lookIdOf(look)), toJson(file))
    },
    markOpen: (id, app) => records.put(paths.openMark(id), toJson({ v: VERSION, app } satisfies OpenMark)),
    async writeCampaign(campaign) {
      return (await records.putIfAbsent(paths.campaignFile(campaign.id), toJson(campaign))) === 'created'
    },
    readCampaign: (id) => readJson(records, paths.campaignFile(id), VERSION),
    readPart: (id, part) => readRows<SceneRow>(records, paths.scenePartFile(id, part)),
    async *listOpen() {
      for await (const key of listAll(records, paths.openFolder, true)) {
        const id = key.slice(paths.openFolder.length)
        if (isCampaignId(id)) yield id
      }
    },
    readOpenMark: (id) => readJson(records, paths.openMark(id), VERSION),
    unmarkOpen: (id) => records.remove(paths.openMark(id)),
    async *list() {
      for await (const key of listAll(records, paths.campaignFolder, true)) {
        const id = key.slice(paths.campaignFolder.length, -1)
        if (isCampaignId(id)) yield id
      }
    },
    listNewest: (nowMs, before) => newestFirst(records, nowMs, before),
    async removeParts(id) {
      for await (const key of listAll(records, paths.scenesFolder(id))) await records.remove(key)
    },
    async appendControl(id, given, at, unless = () => false) {
      const command = typeof given === 'string' ? { command: given } : given
      for (;;) {
        const log = await this.readControl(id)
        const last = log.at(-1)
        if (last !== undefined && unless(log)) return last
        const record: ControlRecord = { v: VERSION, seq: (last?.seq ?? 0) + 1, ...command, at }
        const key = paths.controlFile(id, record.seq)
        if ((await records.putIfAbsent(key, toJson(record))) === 'created') return record
      }
    },
    async appendRetry({ id, app }, which, at) {
      await this.markOpen(id, app)
      // A purge marks the campaign, then looks for the open mark; here it is the other way round: one of both sees the other.
      if (await this.isPurged(id)) {
        await this.closeEnded(id, app)
        return null
      }
      const written = await this.appendControl(id, { command: 'retry', ...which }, at)
      if (await this.isPurged(id)) return null
      await this.markOpen(id, app)
      return written
    },
    isPurged: (id) => isPurged(records, id),
    async hasEnded(id) {
      const report: CampaignReport | null = await this.readReport(id)
      if (report === null) return false
      return !isReopened(report, await this.readControl(id)) || (await this.isPurged(id))
    },
    async closeEnded(id, app) {
      // A mark that went and came back would let a campaign that is open again look ended, for a moment.
      if (!(await this.hasEnded(id))) return
      await this.unmarkOpen(id)
      if (!(await this.hasEnded(id))) await this.markOpen(id, app)
    },
    async readControl(id) {
      const seqs: number[] = []
      for await (const key of listAll(records, paths.controlFolder(id))) {
        const seq = paths.numberIn(key)
        if (seq !== null) seqs.push(seq)
      }
      seqs.sort((a, b) => a - b)
      const found = await Promise.all(
        seqs.map((seq) => readJson<ControlRecord>(records, paths.controlFile(id, seq), VERSION)),
      )
      return found.filter((record) => record !== null)
    },
    writeReport: (report) => writeReport(records, report),
    readReport: (id) => readReport(records, id),
  }
}

/** The rows behind a file's head; null when the file is missing. */
async function readRows<T>(records: Records, key: string): Promise<T[] | null> {
  const bytes = await records.read(key)
  if (bytes === null) return null
  const [head, ...rows] = fromLines(key, bytes) as [Versioned, ...T[]]
  checkVersion(key, head, VERSION)
  return rows
}
