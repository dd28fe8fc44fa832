// @ts-check
/**
 * A manifest of 100 million rows, some 40,000 parts, that no file holds: what a page costs at its start, in its middle and at its
 * end, and how fast and in how much memory it is exported, to a client that reads at once and to one that is slow.
 * Usage: npm run bench -- manifest [--rows 100000000] [--export-rows 5000000] [--slow-rows 300000] [--slow-mb 10]
 * The store answers at once: a request costs what it costs there, so requests are counted. Time includes making the rows, which is
 * told beside it. Exports are the producer's, in a process of their own.
 * Ends with exit code 1 when a page asks the store more often than `MOST_REQUESTS` and `MOST_FOR_FAILURES` allow, or an export holds more memory than
 * `MOST_MB`. Speed is told and left to the reader.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { parseArgs } from 'node:util'
import { createBitsLedger, createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { systemClock } from '@sunpress/runtime'
import { readRowPage } from '../../apps/producer/dist/rows/row-page.js'
import { createRowReader } from '../../apps/producer/dist/rows/row-reader.js'
import { print } from './campaigns-watch.mjs'
import { APP, ID, makeIndex, makeManifest, ROWS_A_PART } from './manifest-rows.mjs'

/** Of a process that exports: the runtime itself, parts that are remembered, and what the collector has not come to. */
const MOST_MB = 400
/** To the store, for a page whose place nobody has read before; and for the page behind one that was just read. */
const MOST_REQUESTS = { first: 8, next: 3 }
/** For a page of failures, which looks at 20 full parts at most where nobody has counted them. */
const MOST_FOR_FAILURES = MOST_REQUESTS.first + 20
const LIMIT = 1_000
/** Of a page, the middle one is told: the first of them warms up. */
const REPEATS = 5

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000000' },
    'export-rows': { type: 'string', default: '5000000' },
    'slow-rows': { type: 'string', default: '300000' },
    'slow-mb': { type: 'string', default: '10' },
  },
})
const rows = Number(values.rows)
const exported = Math.min(rows, Number(values['export-rows']))
const slowRows = Math.min(rows, Number(values['slow-rows']))
const slowBytes = Number(values['slow-mb']) * 1e6
/** @type {string[]} */
const broken = []
const campaign = /** @type {import('@sunpress/core').CampaignRecord} */ ({ id: ID, app: APP, total: rows })
const wish = { limit: LIMIT, urlOf: () => '' }

/** @param {boolean} holds @param {string} bound */
function expect(holds, bound) {
  if (!holds) broken.push(bound)
}

/** @param {{ rows: number, ended: boolean }} manifest */
function open(manifest) {
  const { records, asked } = makeManifest(manifest)
  const reader = createRowReader({
    ...{ campaigns: createCampaignLedger(records), manifests: createManifestLedger(records) },
    ...{ bits: createBitsLedger(records), index: makeIndex(manifest) },
  })
  /** @param {number} n @param {import('../../apps/producer/dist/rows/present-row.js').RowKind} kind */
  const page = async (n, kind) => {
    Object.assign(asked, { reads: 0, lists: 0, ms: 0 })
    const startedAt = performance.now()
    const { items } = await readRowPage(reader, campaign, { generation: '0', n }, { ...wish, kind })
    return { ...asked, items: items.length, allMs: performance.now() - startedAt }
  }
  return page
}

/**
 * A page, and the one behind it, by a producer that has just been started.
 * @param {{ rows: number, ended: boolean }} manifest @param {number} n
 * @param {import('../../apps/producer/dist/rows/present-row.js').RowKind} kind
 */
async function measurePage(manifest, n, kind = 'manifest') {
  const found = []
  for (let time = 0; time < REPEATS; time++) {
    const page = open(manifest)
    found.push({ first: await page(n, kind), next: await page(n + LIMIT, kind) })
  }
  found.sort((a, b) => a.first.allMs - b.first.allMs)
  const middle = found[Math.floor(REPEATS / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

/** @param {Awaited<ReturnType<typeof measurePage>>['first']} page */
const tell = ({ reads, lists, ms, allMs }) =>
  `${allMs.toFixed(1)} ms (${ms.toFixed(1)} of it to make rows), ${reads} reads and ${lists} lists`

/** @param {boolean} ended */
async function pages(ended) {
  const parts = Math.ceil(rows / ROWS_A_PART)
  print(
    `pages of ${LIMIT} over ${rows} rows in ${parts} parts, of a campaign that ${ended ? 'has ended' : 'prints'}`,
  )
  /** @type {[string, number][]} */
  const places = [
    ['start', 0],
    ['middle', Math.floor(rows / 2) + 777],
    ['end', rows - 2 * LIMIT - 777],
  ]
  const msAt = []
  for (const [name, n] of places) {
    const { first, next } = await measurePage({ rows, ended }, n)
    print(`  ${name.padEnd(7)}${tell(first)}; the page behind it: ${tell(next)}`)
    msAt.push(first.allMs)
    const asked = [first.reads + first.lists, next.reads + next.lists]
    expect((asked[0] ?? 0) <= MOST_REQUESTS.first, `a page at the ${name}: ${asked[0]} requests`)
    expect((asked[1] ?? 0) <= MOST_REQUESTS.next, `the page behind it, at the ${name}: ${asked[1]} requests`)
  }
  const [start = 1, middle = 0, end = 0] = msAt
  const small = await measurePage({ rows: Math.ceil(rows / 100), ended }, Math.floor(rows / 200) + 777)
  print(`  ratios   middle to start ${(middle / start).toFixed(2)}, end to start ${(end / start).toFixed(2)}`)
  print(
    `           middle to the same with a hundredth of the parts ${(middle / small.first.allMs).toFixed(2)}, ` +
      `which takes ${small.first.reads} reads and ${small.first.lists} lists`,
  )
  const failures = await measurePage({ rows, ended }, Math.floor(rows / 2), 'failures')
  print(`  failures ${failures.first.items} in a page from the middle on: ${tell(failures.first)}`)
  const asked = failures.first.reads + failures.first.lists
  expect(asked <= MOST_FOR_FAILURES, `a page of failures: ${asked} requests`)
}

/** @param {number} exportRows @param {string} accept @param {number} bytesPerSecond infinite: as fast as it comes */
async function measureExport(exportRows, accept, bytesPerSecond) {
  const args = ['test/bench/manifest-serve.mjs', String(rows), String(exportRows)]
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [said] = await once(server.stdout, 'data')
    const base = `http://127.0.0.1:${Number(String(said))}`
    /** @returns {Promise<{ rss: number, peak: number, ms: number }>} */
    const facts = async () => /** @type {any} */ (await (await fetch(`${base}/facts`)).json())
    const before = await facts()
    const startedAt = performance.now()
    const [answer] = await once(request(base, { headers: { accept } }).end(), 'response')
    const client = await readBody(answer, bytesPerSecond)
    const seconds = (performance.now() - startedAt) / 1_000
    const after = await facts()
    return {
      ...client,
      seconds,
      idleMb: before.rss / 1e6,
      peakMb: after.peak / 1e6,
      makeSeconds: after.ms / 1_000,
    }
  } finally {
    server.stdin.end()
    await once(server, 'exit')
  }
}

/** @param {import('node:http').IncomingMessage} answer @param {number} bytesPerSecond */
async function readBody(answer, bytesPerSecond) {
  const startedAt = performance.now()
  let [bytes, lines] = [0, 0]
  for await (const chunk of answer) {
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
    const dueAt = startedAt + (bytes / bytesPerSecond) * 1_000
    if (dueAt > performance.now() + 1) await systemClock.sleep(dueAt - performance.now())
  }
  return { bytes, lines }
}

/** @param {string} name @param {string} accept @param {number} exportRows @param {number} bytesPerSecond */
async function exporting(name, accept, exportRows, bytesPerSecond) {
  const ran = await measureExport(exportRows, accept, bytesPerSecond)
  const { seconds, bytes, lines, idleMb, peakMb, makeSeconds } = ran
  print(
    `${name}: ${lines} lines, ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s: ${(lines / seconds).toFixed(0)} rows/s, ` +
      `${(bytes / 1e6 / seconds).toFixed(0)} MB/s (${makeSeconds.toFixed(1)} s to make rows)`,
  )
  print(
    `  memory   at most ${peakMb.toFixed(0)} MB, of which ${idleMb.toFixed(0)} before; allowed ${MOST_MB}`,
  )
  expect(peakMb <= MOST_MB, `${name}: ${peakMb.toFixed(0)} MB`)
  // A refusal in ten thousand rows is in no manifest, and a header is no row.
  const refused = Math.floor(rows / 10_000) - Math.floor((rows - exportRows) / 10_000)
  const whole = exportRows - refused + (accept === 'text/csv' ? 1 : 0)
  expect(lines === whole, `${name}: ${lines} lines, not ${whole}`)
  return ran
}

await pages(false)
await pages(true)
const fast = Number.POSITIVE_INFINITY
const ndjson = await exporting('NDJSON', 'application/x-ndjson', exported, fast)
const csv = await exporting('CSV', 'text/csv', exported, fast)
const slow = await exporting('NDJSON, slow client', 'application/x-ndjson', slowRows, slowBytes)
await exporting('CSV, slow client', 'text/csv', slowRows, slowBytes)
const pace = (/** @type {{ lines: number, seconds: number }} */ { lines, seconds }) => lines / seconds
print(
  `ratios: CSV to NDJSON ${(pace(csv) / pace(ndjson)).toFixed(2)} in rows/s; ` +
    `slow to fast client ${(slow.peakMb / ndjson.peakMb).toFixed(2)} in memory`,
)
for (const bound of broken) print(`BROKEN ${bound}`)
process.exitCode = broken.length > 0 ? 1 : 0
