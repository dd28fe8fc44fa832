// @ts-check
/**
 * A whole press for benches and chaos tests: real Redis, the simulator, a store, upkeep in this process, and workers as real
 * processes. Promises: everything ends with `stop`. Campaigns are written to the ledger as the producer writes them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_LOOK, newCampaignId, Secret } from '@sunpress/core'
import { createFeedIndex } from '@sunpress/feed'
import { createBitsLedger, createCampaignLedger, createManifestLedger, packRows } from '@sunpress/ledger'
import { createLaneQueues } from '@sunpress/queue'
import { createCallGate, createPermits } from '@sunpress/quota'
import { connectRedis, createLeases, describeServer } from '@sunpress/redis'
import { closedAppBook, systemClock } from '@sunpress/runtime'
import { openConfiguredStores } from '@sunpress/storage'
import { createUpkeep } from '@sunpress/upkeep'
import { startRedis } from './redis.mjs'
import { spawnTethered } from './tether.mjs'

export const APPID = /** @type {import('@sunpress/core').AppId} */ ('wx0123456789abcdef')
export const APP_SECRET = 'canary-app-secret-0123456789'
const cli = fileURLToPath(new URL('../../apps/cli/bin/sunpress.js', import.meta.url))

/**
 * @typedef {object} PressOptions
 * @property {number} [perMinute] the simulator's limit and the app's
 * @property {number} [latencyMs] of the simulator
 * @property {string} [window] of the simulator
 * @property {{ endpoint: string, accessKeyId: string, secretAccessKey: string, bucket: string }} [s3] instead of the file store
 * @property {Record<string, string>} [env] for the workers
 * @property {boolean} [appendonly] Redis keeps its data on disk
 * @property {boolean} [upkeep] false: the caller starts its own
 * @property {(fault: unknown) => void} [onUpkeepFault]
 *
 * @typedef {import('@sunpress/upkeep').UpkeepParts} UpkeepParts
 */

/** @param {PressOptions} [options] */
export async function startPress(options = {}) {
  const { perMinute = 5_000, latencyMs = 0, window = 'clock', s3 } = options
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-press-'))
  const redis = await startRedis({
    args: ['--hash-max-listpack-value', '512'],
    appendonly: options.appendonly ?? false,
  })
  const simulator = await startSimulator({ perMinute, latencyMs, window, folder })
  const apps = await writeApps(folder, perMinute)
  const store = s3 === undefined ? `file:${join(folder, 'store')}` : `s3://${s3.bucket}/press`
  const env = {
    REDIS_URL: redis.url,
    SUNPRESS_STORE: store,
    SUNPRESS_APPS_FILE: apps,
    SHOPS_SECRET: APP_SECRET,
    WECHAT_BASE_URL: simulator.url,
    METRICS_PORT: '0',
    LOG_LEVEL: 'info',
    ...(s3 === undefined ? {} : s3Env(s3)),
    ...options.env,
  }
  const connection = connectRedis({ url: redis.url, purpose: 'blocking', name: 'press' })
  const stores = await openConfiguredStores(toStoreConfig(store, s3), { clock: systemClock })
  const ledger = createCampaignLedger(stores.records)
  const manifests = createManifestLedger(stores.records)
  const index = createFeedIndex({ redis: connection, namespace: 'sunpress' })
  // Asked about holds alone.
  const shared = { redis: connection, namespace: 'sunpress', clock: systemClock, records: stores.records }
  const permits = createPermits({ ...shared, limitOf: () => 1, gate: createCallGate(shared) })
  /** @type {UpkeepParts} */
  const parts = {
    apps: closedAppBook([toApp(perMinute)]),
    holder: 'press',
    namespace: 'sunpress',
    leases: createLeases(connection),
    index,
    campaigns: ledger,
    manifests,
    bits: createBitsLedger(stores.records),
    codes: stores.codes,
    readHolds: permits.readHolds,
    queues: createLaneQueues({ redis: connection, namespace: 'sunpress' }),
    sweepTemporaries: stores.sweep,
    readRunId: async () => (await describeServer(connection)).runId,
    clock: systemClock,
    observer: {
      rebuilt() {},
      finished() {},
      failed: (_app, fault) =>
        (options.onUpkeepFault ?? ((each) => process.emitWarning(String(each))))(fault),
      resent() {},
    },
  }
  /** @type {import('@sunpress/upkeep').Upkeep[]} */
  const upkeeps = []
  /** One more that may lead. @param {Partial<UpkeepParts>} changes */
  const startUpkeep = (changes) => {
    const upkeep = createUpkeep({ ...parts, ...changes })
    upkeeps.push(upkeep)
    upkeep.start()
    return upkeep
  }
  if (options.upkeep !== false) startUpkeep({})
  /** @type {import('./tether.mjs').Tethered[]} */
  const workers = []
  return {
    folder,
    redis,
    simulator,
    stores,
    ledger,
    manifests,
    index,
    env,
    connection,
    /** Takes none: shows holds, and lifts them. */
    permits,
    /** What an upkeep works with. */
    parts,
    startUpkeep,
    /**
     * Starts a worker; gives its process and the URL of its metrics.
     * @param {string[]} [nodeFlags]
     * @param {{ main?: readonly string[], env?: Record<string, string> }} [changes] another main, further variables
     */
    async startWorker(nodeFlags = [], changes = {}) {
      const main = changes.main ?? [cli, 'worker']
      const worker = spawnTethered([process.execPath, ...nodeFlags, ...main], {
        env: { ...env, ...changes.env },
      })
      workers.push(worker)
      await worker.wrote('"msg":"ready"')
      const metricsUrl = /"metricsUrl":"([^"]+)"/.exec(worker.output())?.[1] ?? ''
      return Object.assign(worker, { metricsUrl })
    },
    /** The API over the same Redis and store, with an upkeep of its own. */
    async startProducer() {
      const producer = spawnTethered([process.execPath, cli, 'producer'], { env: { ...env, PORT: '0' } })
      workers.push(producer)
      await producer.wrote('"msg":"ready"')
      const { url } = JSON.parse(/\{.*"msg":"ready".*\}/.exec(producer.output())?.[0] ?? '{}')
      return Object.assign(producer, { url: /** @type {string} */ (url) })
    },
    /**
     * @param {number} total @param {{ width?: number, epoch?: number }} [look]
     * @param {(index: number) => string} [sceneAt]
     * @param {Partial<import('@sunpress/core').CampaignRecord>} [more]
     */
    async submit(total, look = {}, sceneAt, more = {}) {
      const campaign = await submit(ledger, total, { look, sceneAt, more })
      const { generation } = await index.readGeneration(APPID)
      if (generation !== null) await index.open(generation, campaign)
      return campaign.id
    },
    /** Resolves when so many scenes have ended. @param {import('@sunpress/core').CampaignId} id @param {number} scenes */
    async ended(id, scenes) {
      for (;;) {
        const known = await index.readCampaign(APPID, id)
        if (known !== null && known.counts.published + known.counts.refused >= scenes) return known
        await systemClock.sleep(20)
      }
    },
    /**
     * Resolves when a campaign's report stands in the ledger, its open mark is gone and the index says no other.
     * @param {import('@sunpress/core').CampaignId} id @param {AbortSignal} [signal]
     */
    async finished(id, signal) {
      for (;;) {
        const report = await ledger.readReport(id)
        const state = (await index.readCampaign(APPID, id))?.state ?? null
        const isClosed =
          (await ledger.readOpenMark(id)) === null && (state === null || state === report?.state)
        if (report !== null && isClosed) return report
        await systemClock.sleep(50, signal)
      }
    },
    async stop() {
      await Promise.all(upkeeps.map((each) => each.stop()))
      await Promise.all(workers.map((worker) => worker.stop()))
      connection.disconnect()
      await stores.close()
      await simulator.stop()
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @param {{ perMinute: number, latencyMs: number, window: string, folder: string }} options */
async function startSimulator({ perMinute, latencyMs, window }) {
  const flags = ['--port', '0', '--admin-port', '0', '--per-minute', String(perMinute)]
  const more = ['--latency-ms', String(latencyMs), '--window', window]
  const simulator = spawnTethered([process.execPath, cli, 'simulator', ...flags, ...more])
  await simulator.wrote('"msg":"ready"')
  const { url, adminUrl } = JSON.parse(/\{"msg":"ready".*\}/.exec(simulator.output())?.[0] ?? '{}')
  return Object.assign(simulator, { url, adminUrl })
}

/** @param {string} folder @param {number} perMinute */
async function writeApps(folder, perMinute) {
  const { writeFile } = await import('node:fs/promises')
  const path = join(folder, 'apps.yaml')
  const quotas = `{ perMinute: ${Math.min(perMinute, 10_000_000)}, share: 1 }`
  const lines = [
    `  - appid: ${APPID}`,
    '    credential: { kind: secret, appSecret: "env:SHOPS_SECRET" }',
    `    quotas: ${quotas}`,
  ]
  await writeFile(path, `apps:\n${lines.join('\n')}\n`)
  return path
}

/** @param {number} perMinute */
const toApp = (perMinute) => ({
  appid: APPID,
  name: 'press',
  credential: /** @type {const} */ ({
    kind: 'secret',
    appSecret: new Secret(APP_SECRET),
    endpoint: 'stable',
  }),
  quotas: { perMinute, limitedPerMinute: 600, limitedPerDay: 10_000, limitedLifetime: 100_000, share: 1 },
})

/** @param {NonNullable<PressOptions['s3']>} s3 */
const s3Env = (s3) => ({
  AWS_ENDPOINT_URL_S3: s3.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
})

/** @param {string} store @param {PressOptions['s3']} s3 */
const toStoreConfig = (store, s3) => ({
  store,
  ledger: null,
  storeCreateOnly: /** @type {const} */ ('if-none-match'),
  s3PathStyle: null,
  s3Endpoint: s3?.endpoint ?? null,
  s3Region: 'us-east-1',
  s3AccessKeyId: s3?.accessKeyId ?? null,
  s3SecretAccessKey: s3 === undefined ? null : new Secret(s3.secretAccessKey),
  s3SessionToken: null,
})

const ROWS_PER_PART = 10_000

/**
 * @param {import('@sunpress/ledger').CampaignLedger} ledger
 * @param {number} total
 * @param {{ look: { width?: number, epoch?: number }, sceneAt?: ((index: number) => string) | undefined, more: Partial<import('@sunpress/core').CampaignRecord> }} wish
 */
async function submit(ledger, total, { look, sceneAt = (index) => `s=${index}`, more }) {
  const id = newCampaignId(Date.now())
  for (let first = 0; first < total; first += ROWS_PER_PART) {
    const rows = Array.from({ length: Math.min(ROWS_PER_PART, total - first) }, (_, at) => ({
      scene: sceneAt(first + at),
    }))
    await ledger.writePart(id, first / ROWS_PER_PART, first, packRows(rows))
  }
  await ledger.markOpen(id, APPID)
  /** @type {import('@sunpress/core').CampaignRecord} */
  const campaign = {
    v: 1,
    id,
    app: APPID,
    name: 'press',
    priority: 5,
    look: { ...DEFAULT_LOOK, page: 'pages/index/index', ...look },
    badRows: 'refuse',
    source: { kind: 'range' },
    total,
    skipped: 0,
    createdAt: new Date().toISOString(),
    ...more,
  }
  await ledger.writeCampaign(campaign)
  return campaign
}
