import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCodeStore, describeRecords, makePicture } from '@sunpress/testkit'
import { expect, inject, it } from 'vitest'
import { runPuts } from '../testing/run-puts.js'
import { openS3Store } from './s3-store.js'
import { makeBucket } from './testing/bucket.js'

async function openBucket() {
  const bucket = await makeBucket(inject('s3'))
  const store = openS3Store(bucket)
  const close = async () => {
    bucket.client.destroy()
    await store.close()
  }
  return { ...store, vouchesByLists: true, plant: bucket.plant, close }
}

describeCodeStore('the S3 store', openBucket)
describeRecords('the S3 store', openBucket)

it('the S3 store has one winner when sixteen processes put one code', { timeout: 120_000 }, async () => {
  const { bucket, client } = await makeBucket(inject('s3'))
  const folder = await mkdtemp(join(tmpdir(), 'sunpress-race-'))
  const bytesFile = join(folder, 'picture')
  await writeFile(bytesFile, makePicture().bytes)
  const s3 = { ...inject('s3'), createOnly: 'if-none-match' }
  const order = {
    location: `s3://${bucket}/race`,
    s3,
    key: 'codes/one.png',
    kind: 'code',
    bytesFile,
  } as const
  const ends = await runPuts(Array.from({ length: 16 }, () => order))
  const outcomes = ends.map(({ said }) => said?.outcome?.split(' ')[0])
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === 'adopted')).toHaveLength(15)
  client.destroy()
  await rm(folder, { recursive: true })
})
