import type { TestProject } from 'vitest/node'
import { startRedis } from './redis.mjs'
import { type S3Access, startS3 } from './s3.mjs'

declare module 'vitest' {
  /** What `inject(name)` gives to tests of the project `real`. */
  interface ProvidedContext {
    redisUrl: string
    /** False when REDIS_URL named the server: then no test may flush, stop or reconfigure it. */
    ownRedis: boolean
    s3: S3Access
    /** False when AWS_ENDPOINT_URL_S3 named the server. */
    ownS3: boolean
  }
}

/** One shared Redis and one shared S3 server for a whole run: started together, gone with vitest, however that ends. */
export default async function setUpServices(project: TestProject): Promise<() => Promise<void>> {
  const results = await Promise.allSettled([redisForTests(project), s3ForTests(project)])
  const stop = async () => {
    await Promise.all(results.map((result) => (result.status === 'fulfilled' ? result.value() : undefined)))
  }
  const failures = results
    .filter((result) => result.status === 'rejected')
    .map((result) => String(result.reason))
  if (failures.length === 0) return stop
  await stop()
  throw new Error(`Services for tests are missing.\n${failures.join('\n')}`)
}

async function redisForTests(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['REDIS_URL']
  project.provide('ownRedis', !given)
  if (given) {
    project.provide('redisUrl', given)
    return async () => {}
  }
  const server = await startRedis()
  project.provide('redisUrl', server.url)
  return server.stop
}

async function s3ForTests(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['AWS_ENDPOINT_URL_S3']
  project.provide('ownS3', !given)
  if (given) {
    project.provide('s3', accessFromEnvironment(given))
    return async () => {}
  }
  const { endpoint, region, accessKeyId, secretAccessKey, stop } = await startS3()
  project.provide('s3', { endpoint, region, accessKeyId, secretAccessKey })
  return stop
}

function accessFromEnvironment(endpoint: string): S3Access {
  const accessKeyId = process.env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = process.env['AWS_SECRET_ACCESS_KEY']
  if (accessKeyId && secretAccessKey) {
    return { endpoint, region: process.env['AWS_REGION'] ?? 'us-east-1', accessKeyId, secretAccessKey }
  }
  throw new Error(
    'AWS_ENDPOINT_URL_S3 is set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too, or unset it',
  )
}
