/**
 * The store in an S3 bucket. Promises that an object appears whole and once, wherever the bucket honours create-only.
 * The two calls of every scene, and all others on single objects, are signed here; lists and addresses are the SDK's.
 */
import { proveCreateOnly } from '../prove.js'
import type { Store, StoreContext } from '../store.js'
import { addressOf, makeClient } from './bucket.js'
import { openObjects } from './objects.js'
import { s3Codes } from './s3-codes.js'
import { s3Records } from './s3-records.js'
import type { S3Settings } from './settings.js'
import { openTransport } from './transport.js'

export interface S3StoreOptions extends StoreContext {
  readonly bucket: string
  /** Empty or ending in "/". */
  readonly prefix: string
  readonly settings: S3Settings
}

/** Opens no connection until the first call. Throws TypeError for an endpoint that is no URL. */
export function openS3Store({ bucket, prefix, settings, clock, random }: S3StoreOptions): Store {
  const context = { clock, random }
  const where = `s3://${bucket}/${prefix}`
  const address = addressOf(bucket, settings)
  const transport = openTransport(address.origin, settings)
  const client = makeClient(settings, transport)
  const objects = openObjects({
    ...{ address, transport, prefix, where, context },
    keys: settings,
    createOnly: settings.createOnly,
  })
  const source = { client, bucket, prefix, where, context }
  const records = s3Records(objects, source)
  return {
    codes: s3Codes(objects, source),
    records,
    where,
    prove: () => proveCreateOnly(records, where),
    sweep: async () => 0,
    close: async () => {
      client.destroy()
      await transport.close()
    },
  }
}
