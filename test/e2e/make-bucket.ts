/** A bucket of the test's own on the S3 server of the run. */
import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { inject } from 'vitest'
import type { S3Access } from '../services/s3.mjs'

export async function makeBucket(): Promise<S3Access & { readonly bucket: string }> {
  const s3 = inject('s3')
  const client = new S3Client({
    ...{ endpoint: s3.endpoint, region: s3.region, credentials: s3, forcePathStyle: true },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const bucket = `e2e-${randomUUID()}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return { ...s3, bucket }
}
