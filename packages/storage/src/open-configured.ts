/** The stores of a process as its configuration names them: pictures in one, and the ledger beside them or elsewhere. */
import { type Clock, type CodeStore, HaltFault, type Records, type Secret } from '@sunpress/core'
import { parseStoreLocation } from './location.js'
import { openStore } from './open-store.js'
import type { CreateOnlyWay } from './s3/create-only.js'
import type { S3Settings } from './s3/settings.js'
import type { Store } from './store.js'

/** What a process reads of its environment about stores. */
export interface StoreConfig {
  readonly store: string
  /** null: the ledger stands beside the pictures. */
  readonly ledger: string | null
  readonly storeCreateOnly: CreateOnlyWay
  readonly s3PathStyle: boolean | null
  readonly s3Endpoint: string | null
  readonly s3Region: string | null
  readonly s3AccessKeyId: string | null
  readonly s3SecretAccessKey: Secret | null
  readonly s3SessionToken: Secret | null
}

export interface ConfiguredStores {
  readonly codes: CodeStore
  readonly records: Records
  /** Throws HaltFault when this process must not run on one of them. */
  prove(): Promise<void>
  sweep(olderThanMs: number): Promise<number>
  close(): Promise<void>
}

export interface ConfiguredOptions {
  readonly clock: Clock
  /** Puts at a time. */
  readonly maxSockets?: number
}

export async function openConfiguredStores(
  config: StoreConfig,
  options: ConfiguredOptions,
): Promise<ConfiguredStores> {
  const open = (location: string): Promise<Store> =>
    openStore(location, { clock: options.clock, ...settingsFor(location, config, options) })
  const codes = await open(config.store)
  const ledger = config.ledger === null || config.ledger === config.store ? codes : await open(config.ledger)
  const all = [...new Set([codes, ledger])]
  return {
    codes: codes.codes,
    records: ledger.records,
    async prove() {
      for (const store of all) await store.prove()
    },
    async sweep(olderThanMs) {
      let swept = 0
      for (const store of all) swept += await store.sweep(olderThanMs)
      return swept
    },
    async close() {
      for (const store of all) await store.close()
    },
  }
}

const DEFAULT_REGION = 'us-east-1'

function settingsFor(
  location: string,
  config: StoreConfig,
  { maxSockets }: ConfiguredOptions,
): { s3?: S3Settings } {
  const parsed = parseStoreLocation(location)
  if (!parsed.ok || parsed.value.kind !== 's3') return {}
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = config
  if (accessKeyId === null || secretAccessKey === null) {
    const expected = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
    throw new HaltFault('store_forbidden', `SUNPRESS_STORE: ${location} wants ${expected}, got nothing`)
  }
  return {
    s3: {
      region: config.s3Region ?? DEFAULT_REGION,
      accessKeyId,
      secretAccessKey,
      createOnly: config.storeCreateOnly,
      ...(config.s3Endpoint === null ? {} : { endpoint: config.s3Endpoint }),
      ...(config.s3SessionToken === null ? {} : { sessionToken: config.s3SessionToken }),
      ...(config.s3PathStyle === null ? {} : { pathStyle: config.s3PathStyle }),
      ...(maxSockets === undefined ? {} : { maxSockets }),
    },
  }
}
