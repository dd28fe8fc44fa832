/**
 * CPU of this process per put and per look, side by side: `node test/bench/s3-put.mjs`, after a build. Pictures of 60 kB to a real
 * S3 server of its own (or the one of AWS_ENDPOINT_URL_S3). Only this process's CPU counts, not the server's; rounds of the
 * contenders alternate and the medians are printed, so that a busy machine hits all alike.
 *
 * Environment: PUTS a round (400), ROUNDS (5), AT_A_TIME (50), BYTES (60000).
 */
import { createHash, randomBytes } from 'node:crypto'
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Secret } from '../../packages/core/dist/index.js'
import { openStore } from '../../packages/storage/dist/index.js'
import { sdkHandler } from '../../packages/storage/dist/s3/sdk-handler.js'
import { openTransport } from '../../packages/storage/dist/s3/transport.js'
import { startS3 } from '../services/s3.mjs'

const PUTS = Number(process.env['PUTS'] ?? 400)
const ROUNDS = Number(process.env['ROUNDS'] ?? 5)
const AT_A_TIME = Number(process.env['AT_A_TIME'] ?? 50)
const BYTES = Number(process.env['BYTES'] ?? 60_000)

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
const given = process.env['AWS_ENDPOINT_URL_S3']
const server = given === undefined ? await startS3() : { ...accessOf(given), stop: async () => {} }
const { endpoint, region, accessKeyId, secretAccessKey } = server
const credentials = { accessKeyId, secretAccessKey }
const settings = {
  endpoint,
  region,
  accessKeyId,
  secretAccessKey: new Secret(secretAccessKey),
  createOnly: 'if-none-match',
}
const Bucket = `bench-${randomBytes(6).toString('hex')}`
const body = randomBytes(BYTES)

const common = { endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 }
const plain = new S3Client(common)
const whenRequired = new S3Client({ ...common, requestChecksumCalculation: 'WHEN_REQUIRED' })
const transport = openTransport(endpoint, settings)
const ours = new S3Client({
  ...common,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  requestHandler: sdkHandler(transport),
})
const store = await openStore(`s3://${Bucket}/codes`, { clock, s3: settings })
await plain.send(new CreateBucketCommand({ Bucket }))

const full = () => ({
  ContentMD5: createHash('md5').update(body).digest('base64'),
  Metadata: { sha256: createHash('sha256').update(body).digest('hex'), width: '430' },
  ContentType: 'image/jpeg',
  CacheControl: 'public, max-age=31536000, immutable',
  IfNoneMatch: '*',
})
const put = (client, more) => (key) =>
  client.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ...more?.() }))
const head = (client) => (key) => client.send(new HeadObjectCommand({ Bucket, Key: key }))
const picture = { bytes: body, format: 'jpg', width: 430 }

const contenders = [
  ['put', 'SDK, default handler, plain PutObject', put(plain)],
  ['put', 'SDK, default handler, WHEN_REQUIRED', put(whenRequired)],
  ['put', 'SDK, default handler, MD5 + sha256 + create-only', put(whenRequired, full)],
  ['put', 'SDK, our handler, MD5 + sha256 + create-only', put(ours, full)],
  ['put', 'store.codes.put (all of that, signed here)', (key) => store.codes.put(key, picture)],
  ['look', 'SDK, default handler, HeadObject', head(plain)],
  ['look', 'SDK, our handler, HeadObject', head(ours)],
  ['look', 'store.codes.stat', (key) => store.codes.stat(key)],
].map(([what, name, call]) => ({ what, name, call, cpu: [], wall: [] }))

async function measure({ what, call, cpu, wall }, round, count) {
  const keyOf = (n) => (what === 'put' ? `${randomBytes(4).toString('hex')}-${round}-${n}` : 'there')
  const [before, from] = [process.cpuUsage(), performance.now()]
  let next = 0
  const lane = async () => {
    while (next < count) await call(keyOf(next++))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  const { user, system } = process.cpuUsage(before)
  cpu.push((user + system) / count)
  wall.push((performance.now() - from) / count)
}

await whenRequired.send(new PutObjectCommand({ Bucket, Key: 'there', Body: body }))
await store.codes.put('there', picture)
for (const contender of contenders) await measure({ ...contender, cpu: [], wall: [] }, -1, PUTS)
for (let round = 0; round < ROUNDS; round++) {
  for (const contender of contenders) await measure(contender, round, PUTS)
}

const print = (line) => process.stdout.write(`${line}\n`)
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
print(
  `${BYTES} bytes, ${AT_A_TIME} at a time, ${ROUNDS} rounds of ${PUTS}: median CPU µs a call (least–most), wall ms`,
)
for (const { name, cpu, wall } of contenders) {
  const spread = `${Math.min(...cpu).toFixed(0)}–${Math.max(...cpu).toFixed(0)}`
  print(`${median(cpu).toFixed(0).padStart(6)}  (${spread})  ${median(wall).toFixed(2)}  ${name}`)
}
const hashes = () => [
  createHash('md5').update(body).digest('hex'),
  createHash('sha256').update(body).digest('hex'),
]
const before = process.cpuUsage()
for (let n = 0; n < 1_000; n++) hashes()
const { user, system } = process.cpuUsage(before)
print(`${((user + system) / 1_000).toFixed(0).padStart(6)}  of which MD5 and sha256 of the bytes`)

await store.close()
for (const client of [plain, whenRequired, ours]) client.destroy()
await transport.close()
await server.stop()

function accessOf(endpoint) {
  const { AWS_REGION: region = 'us-east-1', AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return { endpoint, region, accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
}
