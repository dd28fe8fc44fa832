/** A bucket of its own in the real S3 server of the tests. */
import { randomBytes } from 'node:crypto'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Clock, Secret } from '@sunpress/core'
import type { S3StoreOptions } from '../s3-store.js'
import type { S3Settings } from '../settings.js'

export interface S3Access {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

export const settingsOf = (access: S3Access): S3Settings => ({
  endpoint: access.endpoint,
  region: access.region,
  accessKeyId: access.accessKeyId,
  secretAccessKey: new Secret(access.secretAccessKey),
  createOnly: 'if-none-match',
})

export interface TestBucket extends S3StoreOptions {
  readonly client: S3Client
  /** Puts as any other program would. */
  plant(key: string, bytes: Uint8Array): Promise<void>
}

export async function makeBucket(access: S3Access): Promise<TestBucket> {
  const { endpoint, region } = access
  const client = new S3Client({
    ...{ endpoint, region, credentials: access, forcePathStyle: true },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const Bucket = `test-${randomBytes(6).toString('hex')}`
  await client.send(new CreateBucketCommand({ Bucket }))
  const prefix = 'some/prefix/'
  return {
    ...{ client, bucket: Bucket, prefix, settings: settingsOf(access), clock: realClock, random: () => 0 },
    plant: async (key, Body) =>
      void (await client.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body }))),
  }
}
