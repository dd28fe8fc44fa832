// @ts-check
/**
 * Campaigns of a million scenes with the quota lifted, on the file store: the pace and what is held in memory, what a lost Redis
 * costs, what a night costs in which nothing is new; and the feeder over 100 million rows.
 * Usage: npm run bench -- campaigns [--scenes 1000000] [--rebuild-scenes as many] [--workers 2] [--latency-ms 200]
 *        [--linked-scenes 0] [--s3-scenes 50000] [--rows 100000000] [--left-every 1000]
 *        [--skip print,night,rebuild,feeder,s3]
 * Pictures are 280 px wide, and take at most six tenths of what is free on the disk; else nothing is begun. `--linked-scenes`: a night
 * over so many links to one picture, which wants no room and no printing.
 * Ends with exit code 1 when a bound is broken (memory, the window, calls made twice), with 2 when the disk has no room. Speed is
 * told and left to the reader.
 */
import { parseArgs } from 'node:util'
import { ROWS_PER_PART } from '@sunpress/core'
import { WINDOW } from '@sunpress/upkeep'
import { measureFeeder } from './campaigns-feeder.mjs'
import { linkPictures, runCampaign, startCampaigns, tellRoom } from './campaigns-print.mjs'
import { measureRebuild } from './campaigns-rebuild.mjs'
import { measureS3Nights } from './campaigns-s3.mjs'
import { NoRoom, print, tellRedis } from './campaigns-watch.mjs'

/** Of Redis over an idle one, beside a campaign's bits. */
const MOST_MB = 5
const NIGHT_MINUTES = 8 * 60
const PER_MINUTE = 4_900
const PICTURE_BYTES = 60_000

const { values } = parseArgs({
  options: {
    scenes: { type: 'string', default: '1000000' },
    'rebuild-scenes': { type: 'string' },
    workers: { type: 'string', default: '2' },
    'latency-ms': { type: 'string', default: '200' },
    'linked-scenes': { type: 'string', default: '0' },
    's3-scenes': { type: 'string', default: '50000' },
    rows: { type: 'string', default: '100000000' },
    'left-every': { type: 'string', default: '1000' },
    skip: { type: 'string', default: '' },
  },
})
const scenes = Number(values.scenes)
const linked = Number(values['linked-scenes'])
const skipped = new Set(values.skip.split(','))
const terms = { workers: Number(values.workers), latencyMs: Number(values['latency-ms']) }
/** @type {string[]} */
const broken = []
const perSecond = (/** @type {number} */ count, /** @type {number} */ seconds) => (count / seconds).toFixed(0)

/** @param {boolean} holds @param {string} bound */
function expect(holds, bound) {
  if (!holds) broken.push(bound)
}

/** @param {string} name @param {Awaited<ReturnType<typeof runCampaign>>} ran */
function tellCost(name, { redis, producerMb, workersMb, cpuMicros }) {
  print(`  Redis      ${tellRedis(redis)}`)
  const workers = workersMb.map((mb) => mb.toFixed(0)).join(', ')
  print(`  processes  producer with upkeep at most ${producerMb.toFixed(0)} MB, workers ${workers} MB`)
  const { producer, redis: server, workers: crew } = cpuMicros
  print(
    `  CPU        µs a scene: producer with upkeep ${producer.toFixed(0)}, workers ${crew.toFixed(0)}, Redis ${server.toFixed(0)}`,
  )
  expect(redis.mostMb < MOST_MB, `${name}: Redis grew by ${redis.mostMb.toFixed(2)} MB`)
}

/** @param {import('./campaigns-print.mjs').Campaigns} campaigns */
async function printing(campaigns) {
  await tellRoom(campaigns.press, scenes)
  const ran = await runCampaign(campaigns, scenes)
  const { seconds, acceptedSeconds, firstSeconds, counts, calls, repeated } = ran
  print(`${scenes} scenes printed: ${seconds.toFixed(1)} s, ${perSecond(scenes, seconds)} codes/s`)
  print(
    `  first      202 after ${acceptedSeconds.toFixed(2)} s, the first picture after ${firstSeconds.toFixed(2)} s`,
  )
  tellCost('printing', ran)
  print(`  calls      ${calls}, of which for a scene that had its picture ${repeated}`)
  expect(counts.published === scenes, `printing: ${counts.published} of ${scenes} are published`)
  expect(repeated === 0, `printing: ${repeated} calls were repeated`)
}

/** @param {import('./campaigns-print.mjs').Campaigns} campaigns @param {string} kind @param {number} nightScenes */
async function night(campaigns, kind, nightScenes) {
  const ran = await runCampaign(campaigns, nightScenes)
  const { seconds, counts, calls } = ran
  print(
    `a night of ${nightScenes} scenes in which nothing is new (${kind}): ${seconds.toFixed(1)} s, ` +
      `${perSecond(nightScenes, seconds)} scenes/s, ${calls} calls`,
  )
  tellCost('night', ran)
  expect(counts.reused === nightScenes, `night: ${counts.reused} of ${nightScenes} were reused`)
  expect(calls === 0, `night: ${calls} calls`)
}

async function rebuilding() {
  const count = Number(values['rebuild-scenes'] ?? scenes)
  const ran = await measureRebuild({ ...terms, scenes: count })
  const { read, loaded, inHand, counts, repeated, redis } = ran
  print(`${count} scenes, Redis emptied at half-way`)
  print(
    `  index      there again after ${ran.indexSeconds.toFixed(2)} s, built in ${read.seconds.toFixed(2)} s from ` +
      `${read.parts} parts with ${loaded} rows`,
  )
  print(
    `  goes on    the next row after ${ran.rowsSeconds.toFixed(1)} s, calls after ${ran.callsSeconds.toFixed(1)} s ` +
      '(permits that are lost hold a lane for a minute)',
  )
  print(`  calls      repeated ${repeated}; jobs in hand when it happened ${inHand}`)
  print(`  Redis      ${tellRedis(redis)}`)
  expect(counts.published === count, `rebuild: ${counts.published} of ${count} are published`)
  expect(repeated <= inHand, `rebuild: ${repeated} calls were repeated, ${inHand} jobs were in hand`)
  expect(redis.mostMb < MOST_MB, `rebuild: Redis grew by ${redis.mostMb.toFixed(2)} MB`)
}

async function nightsOverS3() {
  const count = Number(values['s3-scenes'])
  const { looked, listed } = await measureS3Nights(count)
  print(`a night of ${count} scenes in which nothing is new, over a real S3 server on this machine`)
  for (const [how, { seconds, looks, lists, cpuMicros }] of Object.entries({ looked, listed })) {
    print(
      `  ${how}     ${seconds.toFixed(1)} s, ${perSecond(count, seconds)} scenes/s, ${looks} looks and ${lists} lists, ` +
        `${cpuMicros.toFixed(0)} µs of CPU a scene`,
    )
  }
  print(`  ratio      ${(looked.seconds / listed.seconds).toFixed(1)} times as fast by lists`)
  for (const { counts } of [looked, listed])
    expect(counts.reused === count, `S3: ${counts.reused} of ${count} were reused`)
  expect(listed.looks + listed.lists < count / 10, `S3: ${listed.looks} looks and ${listed.lists} lists`)
}

async function feeding() {
  const rows = Number(values.rows)
  const step = Number(values['left-every'])
  const ran = await measureFeeder({ rows, step })
  const { left, mostJobs, redis, atChange, leastAfter, firstPartAfter, bitsBytes, counts } = ran
  const bitsMb = bitsBytes / 1e6
  print(
    `the feeder over ${rows} rows made on demand, of which a checkpoint has all but ${left} (every ${step}th)`,
  )
  print(
    `  pace       ${ran.seconds.toFixed(0)} s, ${perSecond(left, ran.seconds)} jobs/s through lane, scripts and manifest`,
  )
  print(`  window     at most ${mostJobs} jobs in the lane, allowed ${WINDOW}`)
  print(
    `  leader     changed at row ${atChange}: the cursor never stood before ${leastAfter}, first part read ${firstPartAfter}`,
  )
  print(
    `  index      first there after ${ran.loadSeconds.toFixed(2)} s, after a loss of Redis ${ran.rebuildSeconds.toFixed(2)} s, ` +
      `and where it was after ${ran.backSeconds.toFixed(1)} s`,
  )
  print(`  Redis      ${tellRedis(redis)}; the bits are ${bitsMb.toFixed(1)} MB of it`)
  print(
    `             apart from the moments in which an index of so many bits is loaded: ${ran.peakMb.toFixed(1)} MB then`,
  )
  print(`  process    feeder and the end of its jobs in one: at most ${ran.mostMb.toFixed(0)} MB`)
  tellArithmetic(rows, ran)
  expect(counts.published === rows, `feeder: ${counts.published} of ${rows} are published`)
  expect(mostJobs <= WINDOW, `feeder: ${mostJobs} jobs in the lane`)
  expect(redis.mostMb < bitsMb + MOST_MB, `feeder: Redis grew by ${redis.mostMb.toFixed(2)} MB`)
  expect(leastAfter >= atChange, `feeder: a new leader went back from ${atChange} to ${leastAfter}`)
  // Behind the cursor it may send again what was in the lane.
  const leastPart = Math.floor((atChange - WINDOW * step) / ROWS_PER_PART)
  expect(firstPartAfter >= leastPart, `feeder: a new leader at row ${atChange} read part ${firstPartAfter}`)
}

/** @param {number} rows @param {{ rowBytes: number, bitsBytes: number }} measured */
function tellArithmetic(rows, { rowBytes, bitsBytes }) {
  const aNight = PER_MINUTE * NIGHT_MINUTES
  const nights = rows / aNight
  const tb = (/** @type {number} */ bytes) => (bytes / 1e12).toFixed(2)
  print(`  ${rows} codes in arithmetic`)
  print(
    `    Redis    one bit a scene ${(bitsBytes / 1e6).toFixed(1)} MB, and ${MOST_MB} MB at most for lane, feed and counts`,
  )
  print(
    `    storage  ${PICTURE_BYTES / 1_000} kB a picture: ${tb(rows * PICTURE_BYTES)} TB; ${rowBytes.toFixed(0)} bytes a manifest row: ` +
      `${tb(rows * rowBytes)} TB`,
  )
  print(
    `    time     ${PER_MINUTE} a minute for 8 h: ${aNight} a night, ${nights.toFixed(1)} nights; ` +
      `without a window ${(rows / PER_MINUTE / 1_440).toFixed(1)} days`,
  )
}

/** @param {(campaigns: import('./campaigns-print.mjs').Campaigns) => Promise<void>} step */
async function withCampaigns(step) {
  const campaigns = await startCampaigns(terms)
  try {
    await step(campaigns)
  } finally {
    await campaigns.press.stop()
  }
}

async function run() {
  if (!skipped.has('print')) {
    await withCampaigns(async (campaigns) => {
      await printing(campaigns)
      if (!skipped.has('night')) await night(campaigns, 'printed pictures', scenes)
    })
  }
  if (linked > 0) {
    await withCampaigns(async (campaigns) => {
      await linkPictures(campaigns.press, linked)
      await night(campaigns, 'links to one picture', linked)
    })
  }
  if (!skipped.has('rebuild')) await rebuilding()
  if (!skipped.has('s3')) await nightsOverS3()
  if (!skipped.has('feeder')) await feeding()
  for (const bound of broken) print(`BROKEN ${bound}`)
  return broken.length > 0 ? 1 : 0
}

process.exitCode = await run().catch((error) => {
  if (!(error instanceof NoRoom)) throw error
  print(error.message)
  return 2
})
