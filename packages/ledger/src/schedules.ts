/**
 * Schedules in the ledger, the history of their nights, and the rows that a night has fetched. A night's rows are chosen once:
 * whoever fetches them again finds those of the first and prints the same, so that a night has one campaign whoever dies.
 */
import { randomUUID } from 'node:crypto'
import type { Records } from '@sunpress/core'
import {
  isScheduleName,
  type RowFormat,
  type RunRecord,
  runKeyOf,
  type ScheduleDefinition,
  type ScheduleRecord,
  type SourceFingerprint,
} from '@sunpress/core'
import { damaged, listAll, readJson, toJson, type Versioned } from './files.js'
import * as paths from './schedule-paths.js'

/** A run's place: its schedule and its key (see runKeyOf). */
export interface RunName {
  readonly schedule: string
  readonly key: string
}

/** What a night prints: fixed before its first row is planned. */
export interface ChosenRows extends Versioned {
  readonly definition: ScheduleDefinition
  readonly rows:
    | { readonly kind: 'range' }
    /** `pages`: pieces in each page. */
    | {
        readonly kind: 'fetched'
        readonly format: RowFormat
        readonly attempt: string
        readonly pages: readonly number[]
      }
  readonly fingerprint: SourceFingerprint
}

/** Rows on their way into the ledger. Nobody sees them before they are chosen. */
export interface RowsDraft {
  readonly attempt: string
  beginPage(): Promise<void>
  /** Gathers pieces of some MB. */
  write(bytes: Uint8Array): Promise<void>
  /** Pieces in each page. */
  finish(): Promise<readonly number[]>
  /** Takes them away again. */
  discard(): Promise<void>
}

export interface ScheduleLedger {
  /** In the order of their names. */
  listNames(): AsyncGenerator<string>
  /** Throws HaltFault `ledger_damaged` for a file that isn't whole. */
  read(name: string): Promise<ScheduleRecord | null>
  write(schedule: ScheduleRecord): Promise<void>
  /** Its history stays. */
  remove(name: string): Promise<void>
  /** The run under this key: the given one when there was none, with its mark first. */
  claimRun(run: RunRecord): Promise<RunRecord>
  readRun(name: RunName): Promise<RunRecord | null>
  writeRun(run: RunRecord): Promise<void>
  /** Keys of all runs, oldest first. */
  listRuns(schedule: string): Promise<string[]>
  /** Runs that have not ended, of all schedules. */
  listOpenRuns(): AsyncGenerator<RunName>
  /** When its mark was made, epoch ms; null when it has none. */
  openedAt(name: RunName): Promise<number | null>
  closeRun(name: RunName): Promise<void>
  draftRows(name: RunName): RowsDraft
  /** The rows that are to be printed: the given ones when there were none. */
  chooseRows(name: RunName, rows: Omit<ChosenRows, 'v'>): Promise<ChosenRows>
  readChosen(name: RunName): Promise<ChosenRows | null>
  /** The bytes of one page of chosen rows. */
  readPage(name: RunName, chosen: ChosenRows, page: number): AsyncGenerator<Uint8Array>
  /** Takes the fetched bytes away; what was chosen stays known. */
  removeRows(name: RunName): Promise<void>
}

const VERSION = 1
const PIECE_BYTES = 8 * 1024 * 1024

export function createScheduleLedger(records: Records): ScheduleLedger {
  return {
    async *listNames() {
      const names: string[] = []
      for await (const key of listAll(records, paths.scheduleFolder, true)) {
        const name = paths.scheduleIn(key)
        if (name !== null && isScheduleName(name)) names.push(name)
      }
      // The store's order is that of its files: "stores-x.json" stands before "stores.json".
      yield* names.sort()
    },
    async read(name) {
      const key = paths.scheduleFile(name)
      const found = await readJson<ScheduleRecord>(records, key, VERSION)
      if (found !== null && found.name !== name) throw damaged(key, 'the schedule of this name')
      return found
    },
    write: (schedule) => records.put(paths.scheduleFile(schedule.name), toJson(schedule)),
    remove: (name) => records.remove(paths.scheduleFile(name)),
    ...runsIn(records),
    ...rowsIn(records),
  }
}

interface RunMark extends Versioned {
  readonly at: string
}

type RunPart = Pick<
  ScheduleLedger,
  'claimRun' | 'readRun' | 'writeRun' | 'listRuns' | 'listOpenRuns' | 'openedAt' | 'closeRun'
>

function runsIn(records: Records): RunPart {
  const readRun = (name: RunName) => readJson<RunRecord>(records, paths.runFile(name), VERSION)
  return {
    async claimRun(run) {
      const name = { schedule: run.schedule, key: runKeyOf(run) }
      await records.put(paths.openRunMark(name), toJson({ v: VERSION, at: run.startedAt } satisfies RunMark))
      if ((await records.putIfAbsent(paths.runFile(name), toJson(run))) === 'created') return run
      return (await readRun(name)) ?? run
    },
    readRun,
    writeRun: (run) =>
      records.put(paths.runFile({ schedule: run.schedule, key: runKeyOf(run) }), toJson(run)),
    async listRuns(schedule) {
      const keys: string[] = []
      for await (const key of listAll(records, paths.runFolder(schedule), true)) {
        const run = paths.runIn(key)
        if (run !== null) keys.push(run)
      }
      // The store's order is that of its files, whose names go on behind the key.
      return keys.sort()
    },
    async *listOpenRuns() {
      for await (const key of listAll(records, paths.openRunFolder)) {
        const name = paths.openRunIn(key)
        if (name !== null) yield name
      }
    },
    async openedAt(name) {
      const mark = await readJson<RunMark>(records, paths.openRunMark(name), VERSION)
      return mark === null ? null : Date.parse(mark.at)
    },
    closeRun: (name) => records.remove(paths.openRunMark(name)),
  }
}

type RowsPart = Pick<ScheduleLedger, 'draftRows' | 'chooseRows' | 'readChosen' | 'readPage' | 'removeRows'>

function rowsIn(records: Records): RowsPart {
  const readChosen = (name: RunName) => readJson<ChosenRows>(records, paths.chosenFile(name), VERSION)
  return {
    draftRows: (name) => draftRows(records, name),
    async chooseRows(name, rows) {
      const chosen: ChosenRows = { v: VERSION, ...rows }
      if ((await records.putIfAbsent(paths.chosenFile(name), toJson(chosen))) === 'created') return chosen
      return (await readChosen(name)) ?? chosen
    },
    readChosen,
    async *readPage(name, { rows }, page) {
      if (rows.kind !== 'fetched') return
      for (let piece = 0; piece < (rows.pages[page] ?? 0); piece++) {
        const bytes = await records.read(paths.pieceFile(name, { attempt: rows.attempt, page, piece }))
        if (bytes === null) throw new Error('the fetched rows of this run have been taken away')
        yield bytes
      }
    },
    async removeRows(name) {
      for await (const key of listAll(records, paths.piecesFolder(name))) await records.remove(key)
    },
  }
}

/** Under a name of its own, so that two who fetch at once never write the same file. */
function draftRows(records: Records, name: RunName): RowsDraft {
  const attempt = randomUUID()
  const pages: number[] = []
  let held: Uint8Array[] = []
  let heldBytes = 0
  const flush = async (): Promise<void> => {
    if (heldBytes === 0) return
    const page = pages.length - 1
    const piece = pages[page] ?? 0
    await records.put(paths.pieceFile(name, { attempt, page, piece }), Buffer.concat(held, heldBytes))
    pages[page] = piece + 1
    held = []
    heldBytes = 0
  }
  return {
    attempt,
    async beginPage() {
      await flush()
      pages.push(0)
    },
    async write(bytes) {
      // A copy: whoever reads a socket may use its buffer again.
      held.push(Uint8Array.from(bytes))
      heldBytes += bytes.length
      if (heldBytes >= PIECE_BYTES) await flush()
    },
    async finish() {
      await flush()
      return pages
    },
    async discard() {
      for await (const key of listAll(records, paths.attemptFolder(name, attempt))) await records.remove(key)
    },
  }
}
