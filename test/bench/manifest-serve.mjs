// @ts-check
/**
 * A process that exports a manifest over HTTP, for manifest.mjs: as the producer's route does, over rows made on demand.
 * Usage: node test/bench/manifest-serve.mjs ROWS EXPORT_ROWS. Writes its port to stdout and ends when its stdin does.
 */
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBitsLedger, createCampaignLedger, createManifestLedger } from '@sunpress/ledger'
import { exportRows } from '../../apps/producer/dist/rows/export-rows.js'
import { createRowReader } from '../../apps/producer/dist/rows/row-reader.js'
import { APP, ID, makeIndex, makeManifest } from './manifest-rows.mjs'

const [rows = 0, exported = 0] = process.argv.slice(2).map(Number)
const { records, asked } = makeManifest({ rows, ended: true })
const reader = createRowReader({
  ...{ campaigns: createCampaignLedger(records), manifests: createManifestLedger(records) },
  ...{ bits: createBitsLedger(records), index: makeIndex({ rows, ended: true }) },
})
const campaign = /** @type {import('@sunpress/core').CampaignRecord} */ ({ id: ID, app: APP, total: rows })
const urlOf = (/** @type {{ key: string }} */ { key }) => `https://codes.example.com/${key}`
/** The last rows, so that the place is found as any other. */
const from = { generation: '0', n: rows - exported }

const server = createServer(async ({ headers, url }, response) => {
  if (url === '/facts') {
    const { rss } = process.memoryUsage()
    response.end(JSON.stringify({ ...asked, rss, peak: process.resourceUsage().maxRSS * 1_024 }))
    return
  }
  const format = headers.accept === 'text/csv' ? 'text/csv' : 'application/x-ndjson'
  const lines = exportRows(reader, campaign, from, { kind: 'manifest', format, urlOf })
  await pipeline(Readable.from(lines, { objectMode: false }), response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
process.stdin.resume().on('end', () => {
  server.closeAllConnections()
  server.close()
})
