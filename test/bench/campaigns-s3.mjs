// @ts-check
/**
 * A night in which nothing is new, over a real S3 server: once with a look at each picture, once by lists. The server is on the
 * same machine: what a look costs there is far less than over a network, and so is what lists save.
 */
import { randomBytes } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { DEFAULT_LOOK, nameCode } from '@sunpress/core'
import { APPID, startPress } from '../services/press.mjs'
import { startS3 } from '../services/s3.mjs'
import { cpuSeconds, secondsSince } from './campaigns-watch.mjs'

const LOOK = { width: 280 }
const AT_ONCE = 32
/** No picture: what counts is how many there are. */
const BYTES = 200

/** @typedef {import('./campaigns-watch.mjs').Press} Press */

/** @param {number} scenes */
export async function measureS3Nights(scenes) {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const server = await startS3()
  try {
    const bucket = `nights-${randomBytes(6).toString('hex')}`
    await createBucket(server, bucket)
    const press = await startPress({ upkeep: false, s3: { ...server, bucket } })
    try {
      await putPictures(press, scenes)
      const { asked, codes } = countAsked(press.stores.codes)
      press.startUpkeep({ codes })
      const first = await night(press, scenes, asked)
      const second = await night(press, scenes, asked, first.id)
      return { looked: first, listed: second }
    } finally {
      await press.stop()
    }
  } finally {
    await server.stop()
  }
}

/** @param {import('../services/s3.mjs').S3Access} server @param {string} Bucket */
async function createBucket({ endpoint, region, accessKeyId, secretAccessKey }, Bucket) {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket }))
  client.destroy()
}

/** @param {Press} press @param {number} scenes */
async function putPictures({ stores }, scenes) {
  let next = 0
  const look = { ...DEFAULT_LOOK, page: 'pages/index/index', ...LOOK }
  const put = async () => {
    for (let at = next++; at < scenes; at = next++) {
      const picture = { bytes: Buffer.alloc(BYTES, at), format: look.format, width: look.width }
      await stores.codes.put(nameCode(APPID, `s=${at}`, look).key, picture)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, put))
}

/** @param {import('@sunpress/core').CodeStore} codes */
function countAsked(codes) {
  const asked = { looks: 0, lists: 0 }
  /** @template {unknown[]} A @template R @param {'looks' | 'lists'} what @param {(...of: A) => R} ask */
  const counting =
    (what, ask) =>
    (/** @type {A} */ ...of) => {
      asked[what]++
      return ask(...of)
    }
  const { listing } = codes
  return {
    asked,
    codes: {
      ...codes,
      stat: counting('looks', codes.stat),
      confirm: counting('looks', codes.confirm),
      listing: listing && { ...listing, page: counting('lists', listing.page) },
    },
  }
}

/**
 * @param {Press} press @param {number} scenes @param {{ looks: number, lists: number }} asked
 * @param {import('@sunpress/core').CampaignId} [repeats]
 */
async function night(press, scenes, asked, repeats) {
  Object.assign(asked, { looks: 0, lists: 0 })
  const cpuBefore = await cpuSeconds(process.pid)
  const startedAt = performance.now()
  const id = await press.submit(scenes, LOOK, undefined, repeats === undefined ? {} : { repeats })
  const { counts } = await press.finished(id)
  return {
    ...{ id, seconds: secondsSince(startedAt), counts, ...asked },
    cpuMicros: (1e6 * ((await cpuSeconds(process.pid)) - cpuBefore)) / scenes,
  }
}
