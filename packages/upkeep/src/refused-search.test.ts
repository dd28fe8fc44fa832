import { type CampaignId, type ControlRecord, type FeedEvent, isRetried } from '@sunpress/core'
import { bitmapSet, type ManifestIndex, type RetriedScenes } from '@sunpress/ledger'
import { expect, it } from 'vitest'
import { clearBit, hasBit, newBits, setBit } from './bits.js'
import type { UpkeepParts } from './parts.js'
import { createRefusedSearch, PARTS_A_STEP } from './refused-search.js'

const TOTAL = 40
const campaign = { id: '01HF000000000000000000000A' as CampaignId, total: TOTAL }

interface Row {
  readonly n: number
  readonly index: number
  /** Of a refusal; null: published. */
  readonly errcode: number | null
}

const eventOf = ({ n, index, errcode }: Row): FeedEvent => {
  const type = errcode === null ? 'code.published' : 'code.refused'
  return { type, n, index, errcode, reason: 'no' } as Partial<FeedEvent> as FeedEvent
}

const bitsOf = (indexes: Iterable<number>): Buffer => {
  const bits = newBits(TOTAL)
  for (const index of indexes) setBit(bits, index)
  return bits
}
const indexesIn = (bits: Buffer | null): number[] | null =>
  bits && Array.from({ length: TOTAL }, (_, index) => index).filter((index) => hasBit(bits, index))

const retry = (errcodes: number[], seq = 9): ControlRecord => ({
  v: 1,
  seq,
  command: 'retry',
  at: '',
  errcodes,
})

interface Ledger {
  readonly rows: readonly Row[]
  /** Numbers of the rows with which parts begin. */
  readonly firsts: number[]
  readonly retries: RetriedScenes[]
  /** What the index of an end names: parts up to so many rows; 0 for none. */
  readonly indexed?: number
  readonly lost?: number
}

function partsOf({ rows, firsts, lost = 0 }: Ledger): Map<number, Row[]> {
  const endOf = (at: number): number => (firsts[at + 1] ?? rows.length + 1) - 1
  const parts = new Map(firsts.map((first, at) => [first, rows.slice(first - 1, endOf(at))]))
  parts.delete(lost)
  return parts
}

/** A search over it; `reads` are the parts that were read. */
function searchOf(ledger: Ledger, which: ControlRecord) {
  const reads: number[] = []
  const all = () => partsOf(ledger)
  const manifests: Partial<UpkeepParts['manifests']> = {
    listParts: async () => [...all().keys()],
    async readPart(_id, firstN) {
      reads.push(firstN)
      const rows = all().get(firstN)
      if (rows === undefined) throw new Error(`no part ${firstN}`)
      return rows.map(eventOf)
    },
    async readIndex(): Promise<ManifestIndex | null> {
      const named = [...all()].filter(([first]) => first <= (ledger.indexed ?? 0))
      const parts = named.map(([firstN, rows]) => ({
        ...{ firstN, rows: rows.length, refused: rows.filter(({ errcode }) => errcode !== null).length },
      }))
      return named.length === 0 ? null : { v: 1, parts }
    },
  }
  const bits: Partial<UpkeepParts['bits']> = { readRetries: async () => ledger.retries }
  const clock = { monotonic: () => 0 }
  const parts = { manifests, bits, clock } as Partial<UpkeepParts> as UpkeepParts
  return { search: createRefusedSearch(parts, campaign, which), reads }
}

/** What it comes to when everything is read in one go, row by row. */
function inOneGo({ rows, retries }: Ledger, which: ControlRecord, upTo: number): Buffer {
  const left = retries.filter(({ seq }) => seq < which.seq)
  const meant = newBits(TOTAL)
  const takeOut = (those: readonly RetriedScenes[]): void => {
    for (const { scenes } of those) scenes.each((index) => clearBit(meant, index))
  }
  for (const row of rows.slice(0, upTo)) {
    const later = left.findIndex((one) => one.upTo >= row.n)
    takeOut(left.splice(0, later === -1 ? left.length : later))
    const event = eventOf(row)
    if (event.type === 'code.refused' && isRetried(which, event)) setBit(meant, row.index)
    else clearBit(meant, row.index)
  }
  takeOut(left)
  return meant
}

/** The same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const cut = (rows: number, upTo: (below: number) => number): number[] => {
  const firsts: number[] = []
  for (let first = 1; first <= rows; first += 1 + upTo(6)) firsts.push(first)
  return firsts
}

/** Rows in any order, be it one that no campaign has. */
function anyLedger(pick: (below: number) => number): Ledger {
  const count = 1 + pick(400)
  const rows = Array.from({ length: count }, (_, at) => ({
    ...{ n: at + 1, index: pick(TOTAL), errcode: pick(2) === 0 ? null : pick(3) },
  }))
  const upTos = Array.from({ length: pick(4) }, () => pick(count + 1)).sort((a, b) => a - b)
  const retries = upTos.map((upTo, at) => {
    const scenes = Array.from({ length: pick(10) }, () => pick(TOTAL))
    return { seq: at + 1, upTo, scenes: bitmapSet(bitsOf(scenes)) }
  })
  return { rows, retries, firsts: cut(count, pick) }
}

/** Rows as campaigns have them: a scene that has ended has no further row, but behind a retry that has taken it out. */
function trueLedger(pick: (below: number) => number): Ledger {
  const rows: Row[] = []
  const retries: RetriedScenes[] = []
  const outcomes = new Map<number, number | null>()
  const turns = 1 + pick(6)
  for (let turn = 1; ; turn++) {
    for (let tries = 0; tries < 60; tries++) {
      const index = pick(TOTAL)
      if (outcomes.has(index)) continue
      const errcode = pick(4) === 0 ? pick(3) : null
      outcomes.set(index, errcode)
      rows.push({ n: rows.length + 1, index, errcode })
    }
    if (turn === turns) break
    const wanted = pick(3)
    const taken = [...outcomes].filter(([, errcode]) => errcode === wanted).map(([index]) => index)
    for (const index of taken) outcomes.delete(index)
    retries.push({ seq: turn, upTo: rows.length, scenes: bitmapSet(bitsOf(taken)) })
  }
  const firsts = cut(rows.length, pick)
  return { rows, retries, firsts, indexed: pick(rows.length + 1) }
}

const runOut = async (search: ReturnType<typeof searchOf>['search'], upTo: number): Promise<Buffer> => {
  for (;;) {
    const found = await search.step(upTo)
    if (found !== null) return found
  }
}

it.each([
  ['any rows', anyLedger],
  ['rows of campaigns, with an index that counts refusals', trueLedger],
] as const)('comes to what reading everything in one go comes to, over %s', async (_, ledgerBy) => {
  for (let seed = 1; seed <= 100; seed++) {
    const pick = randomFrom(seed)
    const ledger = ledgerBy(pick)
    const which = retry([0, 1].slice(0, 1 + pick(2)))
    const upTo = ledger.rows.length
    const { search } = searchOf(ledger, which)
    expect(indexesIn(await runOut(search, upTo))).toEqual(indexesIn(inOneGo(ledger, which, upTo)))
    // Parts that come in between, and another leader that begins in the middle of it.
    const ends = ledger.firsts.map((first) => first - 1)
    const early = ends[pick(ends.length)] ?? 0
    const { search: growing } = searchOf(ledger, which)
    await growing.step(early)
    expect(indexesIn(await runOut(growing, upTo))).toEqual(indexesIn(inOneGo(ledger, which, upTo)))
    const { search: another } = searchOf(ledger, which)
    expect(indexesIn(await runOut(another, early))).toEqual(indexesIn(inOneGo(ledger, which, early)))
  }
})

it('means scenes by the errcode of their last row, and not those that a retry before it has taken out', async () => {
  const codes = [4, 5, 6, null, 7]
  const rows = [4, 5, 6, 5, 7].map((index, at) => ({ n: at + 1, index, errcode: codes[at] ?? null }))
  const retries = [{ seq: 2, upTo: 3, scenes: bitmapSet(bitsOf([5, 6])) }]
  const { search } = searchOf({ rows, retries, firsts: [1, 4] }, retry([4, 5, 6, 7]))
  expect(indexesIn(await search.step(3))).toEqual([4])
  expect(indexesIn(await search.step(5))).toEqual([4, 7])
})

const plain = (count: number, errcode: (n: number) => number | null): Row[] =>
  Array.from({ length: count }, (_, at) => ({ n: at + 1, index: at % TOTAL, errcode: errcode(at + 1) }))

it('reads a bounded number of parts at a step, and each part once', async () => {
  const rows = plain(4 * PARTS_A_STEP, () => null)
  const { search, reads } = searchOf({ rows, retries: [], firsts: rows.map(({ n }) => n) }, retry([1]))
  let steps = 1
  for (let before = 0; (await search.step(rows.length)) === null; before = reads.length) {
    steps++
    expect(reads.length - before).toBeLessThanOrEqual(PARTS_A_STEP)
  }
  expect(steps).toBe(4)
  expect(reads).toEqual(rows.map(({ n }) => n))
})

it('reads no part of which the index says that it holds no refusal', async () => {
  const rows = plain(40, (n) => (n === 17 || n === 33 ? 1 : null))
  const firsts = [1, 11, 21, 31]
  const { search, reads } = searchOf({ rows, retries: [], firsts, indexed: 40 }, retry([1]))
  expect(indexesIn(await search.step(40))).toEqual([16, 32])
  expect(reads).toEqual([11, 31])
})

it('is nothing that can be told while a part is lost', async () => {
  const ledger = { rows: plain(40, () => 1), retries: [], firsts: [1, 11, 21, 31] }
  const lacking = searchOf({ ...ledger, lost: 21 }, retry([1]))
  await expect(lacking.search.step(40)).rejects.toMatchObject({ code: 'ledger_missing' })
})
