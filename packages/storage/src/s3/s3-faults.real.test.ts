/** What the S3 store makes of lost replies, refusals and servers that ignore create-only, over a socket. */
import { createHash } from 'node:crypto'
import { type Clock, Secret } from '@sunpress/core'
import { makePicture } from '@sunpress/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../store.js'
import type { CreateOnlyWay } from './create-only.js'
import { openS3Store } from './s3-store.js'
import type { S3Timeouts } from './settings.js'
import { type Act, type FakeS3, startFakeS3 } from './testing/fake-s3.js'

const KEY = 'codes/wx0/ab/picture.png'
const picture = makePicture()
const slow: Act = { status: 503, code: 'SlowDown' }
const slept: number[] = []
const clock: Clock = {
  now: () => 1_700_000_000_123,
  monotonic: () => 0,
  sleep: async (ms) => void slept.push(ms),
}

let fake: FakeS3
let store: Store

beforeEach(async () => {
  slept.length = 0
  fake = await startFakeS3()
  store = open()
})
afterEach(async () => {
  await store.close()
  await fake.close()
})

function open(
  server: FakeS3 = fake,
  createOnly: CreateOnlyWay = 'if-none-match',
  timeouts: Partial<S3Timeouts> = {},
): Store {
  const secretAccessKey = new Secret('not-to-be-seen')
  const settings = {
    endpoint: server.endpoint,
    region: 'cn-north-1',
    accessKeyId: 'id',
    secretAccessKey,
    createOnly,
    timeouts,
  }
  return openS3Store({ bucket: 'bucket', prefix: 'p/', settings, clock, random: () => 0.5 })
}

const methods = () => fake.requests.map((request) => request.split(' ')[0]).join(' ')

describe('a put to S3 whose outcome is unknown', () => {
  it.each([
    ['the reply was lost', 'serve_then_drop'],
    ['the reply never came', 'serve_then_hang'],
  ] as const)('is found to have created when %s', async (_, act) => {
    fake.script(act)
    // Soon over for the test's sake, and yet longer than a slow machine takes to answer the look.
    const impatient = open(fake, 'if-none-match', { headersMs: 1_000 })
    expect(await impatient.codes.put(KEY, picture)).toMatchObject({
      origin: 'created',
      bytes: picture.bytes.byteLength,
    })
    expect(methods()).toBe('PUT HEAD')
    await impatient.close()
  })

  it('names the winner of a record by its mark, although the reply was lost', async () => {
    fake.script('serve_then_drop')
    expect(await store.records.putIfAbsent('a', Buffer.from('same'))).toBe('created')
    fake.script('drop')
    expect(await store.records.putIfAbsent('a', Buffer.from('same'))).toBe('existed')
  })

  it.each([
    ['the connection broke', 'drop'],
    ['it was throttled', slow],
    ['the server failed', { status: 500, code: 'InternalError' }],
    ['another put was under way', { status: 409, code: 'ConditionalRequestConflict' }],
  ] as [string, Act][])('looks, then tries again when %s', async (_, act) => {
    fake.script(act)
    expect(await store.codes.put(KEY, picture)).toMatchObject({ origin: 'created' })
    expect(methods()).toBe('PUT HEAD PUT')
    expect(slept).toEqual([75])
  })

  it('holds the app after three tries, so that an outage costs no scene an attempt', async () => {
    fake.script(slow, 'serve', slow, slow)
    await expect(store.codes.put(KEY, picture)).rejects.toMatchObject({
      kind: 'hold',
      code: 'store_unavailable',
      reason: 'storage',
    })
    expect(methods()).toBe('PUT HEAD PUT HEAD')
    expect(slept).toEqual([75, 150])
  })

  it('adopts what another put there meanwhile', async () => {
    const other = await store.codes.put(KEY, makePicture(2))
    fake.script(slow)
    expect(await store.codes.put(KEY, picture)).toMatchObject({ origin: 'adopted', sha256: other.sha256 })
    fake.script(slow, { status: 404, code: '' })
    expect(await store.codes.put(KEY, picture)).toMatchObject({ origin: 'adopted', sha256: other.sha256 })
    expect(methods()).toBe('PUT PUT HEAD PUT HEAD PUT HEAD')
  })
})

describe('a list of S3', () => {
  it.each([
    ['throttled', slow],
    ['answered by a proxy', { status: 502, code: '' }],
  ] as [string, Act][])('is asked for again when it is %s', async (_, act) => {
    fake.script(act, act, act)
    await expect(store.records.list('open/')).rejects.toMatchObject({
      kind: 'hold',
      code: 'store_unavailable',
    })
    expect(methods()).toBe('GET GET GET')
  })

  it('goes on behind a page without names though more follow', async () => {
    const page = (more: string) => ({ xml: `<ListBucketResult>${more}</ListBucketResult>` })
    fake.script(
      page('<IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken>'),
      page('<IsTruncated>false</IsTruncated><Contents><Key>p/open/a</Key></Contents>'),
    )
    expect(await store.records.list('open/')).toEqual({ keys: ['open/a'], next: null })
    expect(fake.requests[1]).toContain('continuation-token=on')
  })

  it('says that the bucket is missing', async () => {
    fake.script({ status: 404, code: 'NoSuchBucket' })
    await expect(store.records.list('open/')).rejects.toMatchObject({ kind: 'hold', code: 'store_missing' })
  })
})

describe('a put to S3', () => {
  it('carries checksum, width, time, type and caching with the bytes', async () => {
    await store.codes.put(KEY, picture)
    expect(fake.headers[0]).toMatchObject({
      'content-md5': createHash('md5').update(picture.bytes).digest('base64'),
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      'if-none-match': '*',
      'x-amz-meta-sha256': sha256(picture.bytes),
      'x-amz-meta-width': '280',
      'x-amz-meta-closed-at': '1700000000123',
      'x-amz-content-sha256': sha256(picture.bytes),
    })
    expect(await store.codes.stat(KEY)).toMatchObject({ closedAtMs: 1_700_000_000_123 })
  })

  it('takes the object away again when its ETag is an MD5 of other bytes', async () => {
    fake.script({ etag: `"${'0'.repeat(32)}"` })
    await expect(store.codes.put(KEY, picture)).rejects.toMatchObject({ kind: 'retry', code: 'store_defect' })
    expect(fake.objects.size).toBe(0)
  })

  it.each([
    ['of several parts', { etag: `"${'0'.repeat(32)}-2"` }],
    [
      'encrypted by KMS',
      { etag: `"${'0'.repeat(32)}"`, headers: { 'x-amz-server-side-encryption': 'aws:kms' } },
    ],
  ])('does not mind the ETag of an object %s', async (_, act) => {
    fake.script(act)
    expect((await store.codes.put(KEY, picture)).origin).toBe('created')
  })

  it('calls bytes that changed on their way a defect', async () => {
    fake.script({ status: 400, code: 'BadDigest' })
    await expect(store.codes.put(KEY, picture)).rejects.toMatchObject({ kind: 'retry', code: 'store_defect' })
  })

  it('refuses to read out bytes that are not those of their checksum', async () => {
    await store.codes.put(KEY, picture)
    for (const [key, kept] of fake.objects) fake.objects.set(key, { ...kept, bytes: Buffer.from('other') })
    await expect(store.codes.read(KEY)).rejects.toMatchObject({ kind: 'retry', code: 'store_defect' })
  })

  it.each([
    [{ status: 404, code: 'NoSuchBucket' }, 'store_missing'],
    [{ status: 403, code: 'InvalidAccessKeyId' }, 'store_forbidden'],
    [{ status: 403, code: 'AccessDenied' }, 'store_forbidden'],
    [{ status: 301, code: 'PermanentRedirect' }, 'store_forbidden'],
    [{ status: 403, code: 'QuotaExceeded' }, 'store_full'],
  ])('answered with %j holds the app as %s, naming the bucket and no secret', async (act, code) => {
    fake.script(act)
    const fault = await store.codes.put(KEY, picture).catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind: 'hold', code, reason: 'storage', scope: 'app' })
    expect(String(fault)).toContain('s3://bucket/p/')
    expect(JSON.stringify(fault) + String(fault)).not.toContain('not-to-be-seen')
  })

  it('keeps its connection, after looks too', async () => {
    for (let n = 0; n < 3; n++) {
      await store.codes.put(KEY, picture)
      await store.codes.stat(KEY)
      await store.codes.stat('codes/none.png')
    }
    // undici may open a second one while the first is being handed back.
    expect(fake.connections()).toBeLessThanOrEqual(2)
  })
})

describe('the proof at start', () => {
  it('passes a server that creates only, and leaves nothing behind', async () => {
    await store.prove()
    expect(fake.objects.size).toBe(0)
  })

  it('passes a server whose key may not delete', async () => {
    fake.script('serve', 'serve', 'serve', { status: 403, code: 'AccessDenied' })
    await store.prove()
  })

  it.each(['if-none-match', 'oss', 'cos'] as const)('refuses a server that ignores %s', async (way) => {
    const careless = await startFakeS3(null)
    const unproven = open(careless, way)
    const refusal = { kind: 'halt', code: 'store_not_create_only' }
    await expect(unproven.prove()).rejects.toMatchObject(refusal)
    await expect(unproven.prove()).rejects.toThrow('SUNPRESS_STORE_CREATE_ONLY')
    expect(careless.objects.size).toBe(0)
    await unproven.close()
    await careless.close()
  })

  it.each(['oss', 'cos'] as const)(
    'passes a server that honours the header of %s, and adopts there',
    async (way) => {
      const server = await startFakeS3(`x-${way}-forbid-overwrite`)
      const other = open(server, way)
      await other.prove()
      await other.codes.put(KEY, picture)
      expect((await other.codes.put(KEY, makePicture(2))).origin).toBe('adopted')
      await other.close()
      await server.close()
      await expect(open(fake, way).prove()).rejects.toMatchObject({ code: 'store_not_create_only' })
    },
  )

  it.each([
    [{ status: 404, code: 'NoSuchBucket' }, 'store_missing', 'SUNPRESS_STORE'],
    [{ status: 403, code: 'AccessDenied' }, 'store_forbidden', 'AWS_ACCESS_KEY_ID'],
  ])('refuses to run when answered with %j, naming bucket and variable', async (act, code, variable) => {
    fake.script(act)
    const fault = await store.prove().catch((error: unknown) => error)
    expect(fault).toMatchObject({ kind: 'halt', code })
    expect(String(fault)).toContain('s3://bucket/p/')
    expect(String(fault)).toContain(variable)
  })
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
