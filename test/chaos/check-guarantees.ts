/**
 * Says what a run left that a guarantee forbids. Pure: it sees what any reader could, the store's files and the simulator's log,
 * and trusts none of them.
 */
import type { CampaignRecord, CampaignReport, FeedEvent, SceneRow } from '@sunpress/core'
import type { ManifestIndex } from '@sunpress/ledger'
import { checkPicture } from './check-picture.js'

export interface CampaignArtefacts {
  readonly record: CampaignRecord
  readonly rows: readonly SceneRow[]
  /** Manifest parts by the number of their first row. */
  readonly parts: readonly { readonly firstN: number; readonly events: readonly FeedEvent[] }[]
  readonly index: ManifestIndex | null
  readonly report: CampaignReport | null
  /** null when no producer was asked. */
  readonly api: ApiArtefacts | null
}

export interface ApiArtefacts {
  readonly campaign: { readonly state: string; readonly counts: CampaignReport['counts'] }
  readonly manifest: readonly FeedEvent[]
  readonly failures: readonly FeedEvent[]
}

/** A call for a picture, as the simulator logs it; `at` in ms. */
export interface Call {
  readonly at: number
  readonly scene: string | null
  readonly outcome: string
}

export interface Artefacts {
  readonly campaigns: readonly CampaignArtefacts[]
  /** All that a reader sees under `codes/`. */
  readonly pictures: ReadonlyMap<string, Uint8Array>
  /** Names under `open/`. */
  readonly open: readonly string[]
  readonly calls: readonly Call[]
}

export interface Expectations {
  /** Calls in any 60 s. */
  readonly limit: number
  /** Calls in any shorter stretch: what the pace allows, and how unevenly calls may travel. */
  readonly pace?: { readonly withinMs: number; readonly calls: number }
  /** Pictures that WeChat may have given for each row of a scene: one, and one for each time that something died. */
  readonly mostPictures: number
  /** Scenes that WeChat refuses. */
  readonly mustBeRefused: (scene: string) => boolean
  /** Attempts after which any scene may be refused. */
  readonly attempts: number
}

/** Sentences; none when all guarantees held. */
export function checkGuarantees(artefacts: Artefacts, expected: Expectations): string[] {
  const said = artefacts.campaigns.flatMap((campaign) => [
    ...checkRows(campaign, expected),
    ...checkReport(campaign),
    ...checkApi(campaign),
    ...campaign.parts
      .flatMap(({ events }) => events)
      .flatMap((event) => checkPicture(event, campaign, artefacts.pictures)),
  ])
  const left = artefacts.open.map((name) => `${name} is left`)
  return [
    ...said,
    ...left,
    ...checkNames(artefacts),
    ...checkReuse(artefacts),
    ...checkCalls(artefacts, expected),
  ]
}

/** Each scene once, under the numbers 1, 2, 3 … without a gap, and as it was asked for. */
function checkRows({ record, rows, parts }: CampaignArtefacts, expected: Expectations): string[] {
  const said: string[] = []
  const seen = new Set<number>()
  let n = 0
  for (const { firstN, events } of parts) {
    if (firstN !== n + 1) said.push(`${record.id}: part-${firstN} follows row ${n}`)
    for (const event of events) {
      const where = `${record.id}.${event.index}`
      if (event.n !== ++n) said.push(`${where}: row ${event.n} stands in place ${n}`)
      if (seen.has(event.index)) said.push(`${where}: ended twice`)
      seen.add(event.index)
      const row = rows[event.index]
      if (row?.scene !== event.scene) said.push(`${where}: ${event.scene} instead of ${row?.scene}`)
      if (event.id !== where || event.campaign !== record.id) said.push(`${where}: its id is ${event.id}`)
      said.push(...checkOutcome(where, event, expected))
    }
  }
  return said
}

function checkOutcome(where: string, event: FeedEvent, expected: Expectations): string[] {
  const refused = event.type === 'code.refused'
  if (expected.mustBeRefused(event.scene)) return refused ? [] : [`${where}: published what WeChat refuses`]
  if (!refused || event.attempts >= expected.attempts) return []
  return [`${where}: refused as ${event.reason} after ${event.attempts} attempts`]
}

/** The report, the index of parts and the rows tell the same. */
function checkReport({ record, rows, parts, index, report }: CampaignArtefacts): string[] {
  if (report === null) return [`${record.id}: has not ended`]
  const events = parts.flatMap((part) => part.events)
  const published = events.filter((event) => event.type !== 'code.refused')
  const { counts, state } = report
  const cancelled = state === 'cancelled' ? record.total - events.length : 0
  const counted = {
    total: rows.length,
    published: published.length,
    reused: published.filter(({ reused }) => reused).length,
    refused: events.length - published.length,
    cancelled,
    pending: 0,
    skipped: record.skipped,
  }
  const said: string[] = []
  if (JSON.stringify(counted) !== JSON.stringify({ ...counted, ...counts }))
    said.push(`${record.id}: report ${JSON.stringify(counts)}, rows ${JSON.stringify(counted)}`)
  if (counted.published + counted.refused + cancelled !== record.total)
    said.push(`${record.id}: ${events.length} of ${record.total} scenes ended`)
  const listed = parts.map(({ firstN, events }, at) => ({
    ...{ firstN, rows: events.length },
    ...(index?.parts[at]?.refused === undefined ? {} : { refused: refusalsIn(events) }),
  }))
  if (JSON.stringify(index?.parts) !== JSON.stringify(listed))
    said.push(
      `${record.id}: index.json lists ${JSON.stringify(index?.parts)}, there are ${JSON.stringify(listed)}`,
    )
  return said
}

const refusalsIn = (events: CampaignArtefacts['parts'][number]['events']): number =>
  events.filter(({ type }) => type === 'code.refused').length

/** The API tells what the store holds. */
function checkApi({ record, parts, report, api }: CampaignArtefacts): string[] {
  if (api === null || report === null) return []
  const said: string[] = []
  const { campaign } = api
  const due = { state: report.state, ...report.counts }
  const got: Record<string, unknown> = { state: campaign.state, ...campaign.counts }
  for (const [name, value] of Object.entries(due)) {
    if (got[name] !== value) said.push(`${record.id}: the API says ${name} ${got[name]}, not ${value}`)
  }
  const rows = (events: readonly FeedEvent[]) =>
    events.map(
      (event) => `${event.n} ${event.id} ${event.type !== 'code.refused' ? event.sha256 : event.reason}`,
    )
  const events = parts.flatMap((part) => part.events)
  for (const [type, told] of [
    ['code.published', api.manifest],
    ['code.refused', api.failures],
  ] as const) {
    const held = rows(events.filter((event) => event.type === type))
    if (rows(told).join() !== held.join()) said.push(`${record.id}: the API gives other rows of ${type}`)
  }
  return said
}

/** Under `codes/` a reader finds pictures and nothing else. */
function checkNames({ pictures }: Artefacts): string[] {
  const name = /^codes\/wx[0-9a-f]{16}\/[a-z2-7]{2}\/wx[0-9a-f]{16}-[a-z2-7]{52}\.(jpg|png)$/
  return [...pictures.keys()].filter((key) => !name.test(key)).map((key) => `${key}: not a picture's name`)
}

/**
 * A scene that nobody else asked for is never reused; one that was published before its campaign began always is. Fetched twice,
 * it was in two hands at a time, of which the second found the picture of the first: that one can't know whose it is.
 */
function checkReuse({ campaigns, calls }: Artefacts): string[] {
  const fetched = picturesByScene(calls)
  const published = campaigns.flatMap(({ record, parts }) =>
    parts
      .flatMap(({ events }) => events)
      .flatMap((event) => (event.type !== 'code.refused' ? [{ event, record }] : [])),
  )
  return published.flatMap(({ event, record }) => {
    const others = published.filter(
      (other) => other.event.codeId === event.codeId && other.event.id !== event.id,
    )
    const before = others.some((other) => other.event.publishedAt < record.createdAt)
    if (others.some((other) => other.event.sha256 !== event.sha256)) return [`${event.id}: another checksum`]
    const isOnly = others.length === 0 && (fetched.get(event.scene) ?? 0) < 2
    if (isOnly && event.reused) return [`${event.id}: reused, but it is the only one`]
    return before && !event.reused ? [`${event.id}: printed again`] : []
  })
}

const MINUTE_MS = 60_000

function checkCalls({ calls, campaigns }: Artefacts, { limit, pace, mostPictures }: Expectations): string[] {
  const rowsOf = countEach(campaigns.flatMap(({ rows }) => rows).map(({ scene }) => scene))
  const said: string[] = []
  const stretches = [{ withinMs: MINUTE_MS, calls: limit }, ...(pace === undefined ? [] : [pace])]
  const arrivals = calls.map(({ at }) => at).sort((a, b) => a - b)
  for (const { withinMs, calls: most } of stretches) {
    const over = arrivals.findIndex(
      (at, i) => at - (arrivals[i - most] ?? Number.NEGATIVE_INFINITY) < withinMs,
    )
    if (over >= 0) said.push(`more than ${most} calls in the ${withinMs / 1_000} s before ${arrivals[over]}`)
  }
  for (const [scene, times] of picturesByScene(calls)) {
    if (times > mostPictures * (rowsOf.get(scene) ?? 0)) said.push(`${scene}: fetched ${times} times`)
  }
  return said
}

function picturesByScene(calls: readonly Call[]): Map<string, number> {
  const fetched = calls.flatMap(({ scene, outcome }) =>
    scene !== null && outcome === 'picture' ? [scene] : [],
  )
  return countEach(fetched)
}

function countEach(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
