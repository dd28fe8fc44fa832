// @ts-check
/**
 * One process that spends permits on calls to the simulator, as fast as it gets them: for chaos tests and benches of the quota.
 * It knows nothing of queues, pictures and stores. Ends with the process that forked it, however that ends.
 * Says `{ wrote: [ms, …] }` in the machine's monotonic time, `{ refused: code }` when that changes, and its counts at the end.
 */
import { setMaxListeners } from 'node:events'
import { DEFAULT_LOOK, HoldFault, RetryFault, Secret, WaitFault } from '@sunpress/core'
import { createHttpClient } from '@sunpress/http'
import { createPermits } from '@sunpress/quota'
import { connectRedis } from '@sunpress/redis'
import { systemClock } from '@sunpress/runtime'
import { openConfiguredStores } from '@sunpress/storage'

/**
 * @typedef {object} Orders
 * @property {string} redisUrl
 * @property {string} url of the simulator
 * @property {string} store where the ledger is
 * @property {{ appid: string, limit: number, dayLimit?: number }[]} apps
 * @property {number} [takers] of each app, 25 by default
 * @property {boolean} [tells] each write
 * @property {number} [holdMs] for which a rejection holds a lane, in place of what is left of the minute
 * @property {number} [connections] for each app
 */
const orders = /** @type {Orders} */ (JSON.parse(process.argv[2] ?? '{}'))
const counts = { granted: 0, wasted: 0, late: 0, rejected: 0, failed: 0 }
const closing = new AbortController()
setMaxListeners(0, closing.signal)
process.on('disconnect', () => process.exit())

const redis = connectRedis({ url: orders.redisUrl, purpose: 'command', name: 'quota-caller', onError() {} })
const stores = await openConfiguredStores(
  {
    store: orders.store,
    ledger: null,
    storeCreateOnly: 'if-none-match',
    s3PathStyle: null,
    s3Endpoint: null,
    s3Region: 'us-east-1',
    s3AccessKeyId: null,
    s3SecretAccessKey: null,
    s3SessionToken: null,
  },
  { clock: systemClock },
)
const byId = new Map(orders.apps.map((app) => [app.appid, app]))
const permits = createPermits({
  redis,
  namespace: 'quota',
  clock: systemClock,
  records: stores.records,
  limitOf: (app) => byId.get(app)?.limit ?? 1,
  dayLimitOf: (app) => byId.get(app)?.dayLimit ?? null,
  observer: {
    granted: (_app, _lane, n) => {
      counts.granted += n
    },
    wasted: (_app, _lane, n) => {
      counts.wasted += n
    },
    rejected: () => {
      counts.rejected++
    },
  },
})

/** One for each app: a slow one must not use up the connections of the others. */
const clients = new Map(
  orders.apps.map(({ appid }) => [
    appid,
    createHttpClient({ baseUrl: orders.url, clock: systemClock, random: Math.random, ...connections() }),
  ]),
)
function connections() {
  return orders.connections === undefined ? {} : { connections: orders.connections }
}
/** @param {string} appid @param {string} path @param {string} body @param {number} [notAfterMs] */
function post(appid, path, body, notAfterMs = Number.POSITIVE_INFINITY) {
  const client = clients.get(appid)
  if (client === undefined) throw new RangeError(`no such app: ${appid}`)
  return client.request({ path, method: 'POST', body, notAfterMs })
}
const nowMs = () => Number(process.hrtime.bigint() / 1_000n) / 1_000
/** @type {number[]} */
let written = []
const telling = setInterval(tell, 20)

function tell() {
  if (written.length > 0 && orders.tells === true) process.send?.({ wrote: written })
  written = []
}

let refusedFor = ''
/** @param {string} code */
function refused(code) {
  if (code !== refusedFor && orders.tells === true) process.send?.({ refused: code })
  refusedFor = code
}

/** @param {string} appid */
async function tokenOf(appid) {
  const body = JSON.stringify({ grant_type: 'client_credential', appid, secret: 'any' })
  const { bytes } = await post(appid, '/cgi-bin/stable_token', body)
  const { access_token } = /** @type {{ access_token: string }} */ (
    JSON.parse(Buffer.from(bytes).toString('utf8'))
  )
  return new Secret(access_token)
}

/**
 * Written by `notAfterMs` or not at all, as the product's own calls are.
 * @param {import('@sunpress/core').PermitAsk} ask @param {Secret} token @param {number} notAfterMs
 * @returns {Promise<import('@sunpress/core').CallOutcome>}
 */
async function call({ app, call: { scene } }, token, notAfterMs) {
  const path = `/wxa/getwxacodeunlimit?access_token=${token.reveal()}`
  const body = JSON.stringify({ scene, page: 'pages/index/index', width: 280 })
  const at = nowMs()
  const answer = await post(app, path, body, notAfterMs).catch((fault) => {
    if (!(fault instanceof WaitFault)) written.push(at)
    throw fault
  })
  written.push(at)
  const bytes = Buffer.from(answer.bytes)
  if (bytes[0] !== 0x7b) return 'passed'
  const { errcode, errmsg } = JSON.parse(bytes.toString('utf8'))
  const words = { errcode, errmsg, rid: null }
  if (errcode !== 45009 && errcode !== 45011) return new RetryFault(`upstream_${errcode}`, errmsg, words)
  const forMs = orders.holdMs ?? 61_000 + 2_000 * Math.random() - (Date.now() % 60_000)
  return new HoldFault(`upstream_${errcode}`, errmsg, { scope: 'lane', reason: 'minute_quota', forMs, words })
}

/** @param {import('@sunpress/core').PermitAsk} ask @param {import('@sunpress/core').Permit} permit @param {Secret} token */
async function spend(ask, permit, token) {
  const outcome = await call(ask, token, permit.notAfterMs).catch((fault) => {
    if (fault instanceof WaitFault) counts.late++
    else counts.failed++
    return fault instanceof WaitFault ? fault : /** @type {const} */ ('unknown')
  })
  const fault = await permits.answered(ask, permit, outcome)
  if (!(fault instanceof HoldFault)) return
  const target = /** @type {const} */ ({ scope: 'lane', app: ask.app, lane: ask.lane })
  await permits.hold(target, { ...fault, message: fault.message }).catch(() => {})
}

const calls = new Set()
let scenes = 0

/** @param {string} appid @param {Promise<Secret>} token */
async function work(appid, token) {
  const app = /** @type {import('@sunpress/core').AppId} */ (appid)
  const campaign = /** @type {import('@sunpress/core').CampaignId} */ ('01M00000000000000000000000')
  const look = { ...DEFAULT_LOOK, page: 'pages/index/index' }
  while (!closing.signal.aborted) {
    const scene = `${process.pid}.${scenes++}`
    const ask = /** @type {const} */ ({
      app,
      lane: 'unlimited',
      campaign,
      call: { app, endpoint: 'getwxacodeunlimit', scene, look },
    })
    try {
      const permit = await permits.take(ask, closing.signal)
      refused('')
      const one = spend(ask, permit, await token).finally(() => calls.delete(one))
      calls.add(one)
    } catch (fault) {
      if (closing.signal.aborted) return
      if (!(fault instanceof WaitFault)) throw fault
      refused(fault.code)
      await systemClock.sleep(Math.min(1_000, Math.max(10, fault.afterMs)), closing.signal).catch(() => {})
    }
  }
}

process.once('message', async () => {
  closing.abort(new Error('stopped'))
  await Promise.all([...loops, ...calls])
  permits.close()
  clearInterval(telling)
  tell()
  redis.disconnect()
  for (const client of clients.values()) await client.close()
  await stores.close()
  process.send?.({ counts }, () => process.disconnect())
})

// As the worker does: a permit doesn't wait for a connection.
for (const client of clients.values()) await client.warm(8)
const loops = orders.apps.flatMap(({ appid }) => {
  const token = tokenOf(appid)
  return Array.from({ length: orders.takers ?? 25 }, () => work(appid, token))
})
process.send?.({ ready: true })
