// @ts-check
/**
 * The minute's quota under every window model and fault, beside BullMQ's own limiter; ten apps at once; what a permit costs.
 * Usage: npm run bench -- quota [--minutes 3] [--limit 5000] [--processes 2] [--windows clock,sliding] [--faults none,…]
 *        [--apps-minutes 2] [--apps-limit 1000] [--skip matrix,bull,apps,cost]
 * Ends with exit code 1 when Sunpress passed a limit in any 60 s; all else is told and left to the reader.
 */
import { parseArgs } from 'node:util'
import { measureApps } from './quota-apps.mjs'
import { measureBull } from './quota-bull-run.mjs'
import { measureCell } from './quota-cell.mjs'
import { measureCost } from './quota-cost.mjs'
import { FAULTS } from './quota-faults.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    limit: { type: 'string', default: '5000' },
    processes: { type: 'string', default: '2' },
    'latency-ms': { type: 'string', default: '200' },
    windows: { type: 'string', default: 'clock,first-call,sliding,bucket' },
    faults: { type: 'string', default: Object.keys(FAULTS).join(',') },
    'apps-minutes': { type: 'string', default: '2' },
    'apps-limit': { type: 'string', default: '1000' },
    skip: { type: 'string', default: '' },
  },
})
const minutes = Number(values.minutes)
const limit = Number(values.limit)
const windows = values.windows.split(',')
const skipped = new Set(values.skip.split(','))
const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`.padStart(9)

/** @param {string} who @param {string} window @param {{ share: number, written?: number, most: number, rejected: number, lost?: number }} cell */
function printCell(who, window, { share, written, most, rejected, lost }) {
  const counts = [written ?? '', most].map((count) => String(count).padStart(9))
  const columns = [who.padEnd(28), window.padEnd(11), percent(share), ...counts]
  print(`${columns.join('  ')}  ${String(rejected).padStart(9)}  ${String(lost ?? '').padStart(9)}`)
}

let broken = false
if (!skipped.has('matrix')) {
  print(
    `limit ${limit} a minute, ${minutes} minutes a cell, ${values.processes} processes each; windows side by side`,
  )
  print(
    'written, arrived: most calls in any 60 s as they were written, and as they came in; late: permits lost',
  )
  print(
    `${'fault'.padEnd(28)}  ${'window'.padEnd(11)}  ${'used'.padStart(9)}    written    arrived   rejected       late`,
  )
  const terms = {
    minutes,
    limit,
    processes: Number(values.processes),
    latencyMs: Number(values['latency-ms']),
  }
  const bull = skipped.has('bull') ? null : measureBull({ minutes, limit })
  for (const fault of values.faults.split(',')) {
    const cells = await Promise.all(windows.map((window) => measureCell({ ...terms, window, fault })))
    for (const [i, cell] of cells.entries()) printCell(fault, windows[i] ?? '', cell)
    broken ||= cells.some(({ written }) => written > limit)
  }
  for (const { name, cells } of (await bull) ?? [])
    for (const { window, ...cell } of cells.filter(({ window }) => windows.includes(window)))
      printCell(name, window, cell)
}
if (!skipped.has('apps')) {
  const appsLimit = Number(values['apps-limit'])
  const rows = await measureApps({ minutes: Number(values['apps-minutes']), limit: appsLimit })
  print(`\nten apps on one process, limits around ${appsLimit} a minute`)
  print(
    `${'case'.padEnd(28)}  ${'least used'.padStart(10)}  ${'most used'.padStart(10)}  ${'any 60 s'.padStart(10)}  others lose`,
  )
  for (const { name, least, most, peak, lost, passed } of rows) {
    print(
      `${name.padEnd(28)}  ${percent(least).padStart(10)}  ${percent(most).padStart(10)}  ${percent(peak).padStart(10)}  ${percent(lost)}`,
    )
    broken ||= passed
  }
}
if (!skipped.has('cost')) {
  const { permitsPerSecond, redisMicros, leased } = await measureCost()
  print(`\npermits/s of one process, pace lifted   ${Math.round(permitsPerSecond)}`)
  print(`Redis µs per permit, leases of ${leased.toFixed(1)}       ${redisMicros.toFixed(2)}`)
}
process.exitCode = broken ? 1 : 0
