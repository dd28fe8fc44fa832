// @ts-check
/**
 * What the press is measured against: a plain loop, with no queue, no quota, no checks and no events. Prints its figures as
 * one line of JSON. Arguments: UPSTREAM_URL TOKEN SCENES IN_FLIGHT file FOLDER | s3 ENDPOINT BUCKET ACCESS_KEY SECRET
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { dirname, join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Pool } from 'undici'

const [, , upstream = '', token = '', scenes = '0', inFlight = '1', kind = 'file', ...place] = process.argv

/** @type {(folder: string) => (name: string, bytes: Buffer) => Promise<void>} */
function filePut(folder) {
  return async (name, bytes) => {
    const path = join(folder, name.slice(0, 2), name)
    const temp = `${path}.${randomUUID()}`
    await mkdir(dirname(path), { recursive: true })
    const file = await open(temp, 'wx')
    await file.write(bytes)
    await file.sync()
    await file.close()
    await link(temp, path)
    await unlink(temp)
    const directory = await open(dirname(path))
    await directory.sync()
    await directory.close()
  }
}

/**
 * The SDK as its documents advise for throughput: keep-alive, as many sockets as calls, no more checksums than required.
 * @type {(place: string[], maxSockets: number) => Promise<(name: string, bytes: Buffer) => Promise<void>>}
 */
async function s3Put(place, maxSockets) {
  const [endpoint = '', bucket = '', accessKeyId = '', secretAccessKey = ''] = place
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets })
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { httpAgent },
  })
  /** @type {(name: string, bytes: Buffer) => Promise<void>} */
  return async (name, bytes) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `loop/${name}`, Body: bytes }))
  }
}

const lanes = Number(inFlight)
const put = kind === 'file' ? filePut(place[0] ?? '.') : await s3Put(place, lanes)
const pool = new Pool(upstream, { connections: lanes })
const path = `/wxa/getwxacodeunlimit?access_token=${token}`
let next = 0
let bytes = 0

async function lane() {
  for (let index = next++; index < Number(scenes); index = next++) {
    const body = JSON.stringify({ scene: `loop=${index}`, page: 'pages/index/index', width: 430 })
    const answer = await pool.request({ method: 'POST', path, body })
    const picture = Buffer.from(await answer.body.arrayBuffer())
    bytes += picture.length
    await put(`${index.toString(36).padStart(6, '0').split('').reverse().join('')}.jpg`, picture)
  }
}

const startedAt = performance.now()
const cpuAt = process.cpuUsage()
await Promise.all(Array.from({ length: lanes }, lane))
const { user, system } = process.cpuUsage(cpuAt)
await pool.close()
process.stdout.write(
  `${JSON.stringify({ seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6, bytes })}\n`,
)
process.exit(0)
