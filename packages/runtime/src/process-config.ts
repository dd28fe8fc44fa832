/** Which process reads which variables, and what contradicts itself. One env file may serve all of them. */
import { type FieldDefect, fieldDefect } from '@sunpress/core'
import {
  type ConfigOf,
  type ConfigTable,
  type Environment,
  readConfig,
  variable,
  withFallback,
} from './config-table.js'
import { isLoopback } from './host.js'
import { optional, type PortChoice } from './parsers.js'
import { VARIABLE_NAMES, VARIABLES } from './variables.js'

const { redisUrl, namespace, store, ledger, storeCreateOnly, s3PathStyle } = VARIABLES
const { s3Endpoint, s3Region, s3AccessKeyId, s3SecretAccessKey, s3SessionToken } = VARIABLES
const { appsFile, secretKey, wechatAppid, wechatAppsecret, wechatBaseUrl } = VARIABLES
const { sourceAllowPrivate, sourceSecrets, sourceMaxBytes } = VARIABLES
const { host, port, metricsPort, apiKeysFile, publicUrl, logLevel, apiUrl, apiKey, tether } = VARIABLES

const storage = {
  store,
  ledger,
  storeCreateOnly,
  s3PathStyle,
  s3Endpoint,
  s3Region,
  s3AccessKeyId,
  s3SecretAccessKey,
  s3SessionToken,
}
const apps = { appsFile, secretKey, wechatAppid, wechatAppsecret, wechatBaseUrl }
const service = { redisUrl, namespace, ...storage, ...apps, host, logLevel, tether }

export const PRODUCER_TABLE = {
  ...service,
  publicUrl,
  port,
  metricsPort,
  apiKeysFile,
  sourceAllowPrivate,
  sourceSecrets,
  sourceMaxBytes,
} satisfies ConfigTable

export const WORKER_TABLE = {
  ...service,
  metricsPort: withFallback(metricsPort, '9465'),
} satisfies ConfigTable

/** Everything at once; without REDIS_URL it runs a Redis of its own. */
export const UP_TABLE = {
  ...PRODUCER_TABLE,
  redisUrl: variable({ name: redisUrl.name, doc: redisUrl.doc, parser: optional(redisUrl.parser) }),
} satisfies ConfigTable

/** The commands that look into the store themselves. */
export const STORE_TABLE = storage satisfies ConfigTable

/** The commands that ask a producer. */
export const CLIENT_TABLE = { apiUrl, apiKey } satisfies ConfigTable

export type ProducerConfig = ConfigOf<typeof PRODUCER_TABLE>
export type WorkerConfig = ConfigOf<typeof WORKER_TABLE>
export type UpConfig = ConfigOf<typeof UP_TABLE>
export type StoreCommandConfig = ConfigOf<typeof STORE_TABLE>
export type ClientConfig = ConfigOf<typeof CLIENT_TABLE>

const known = VARIABLE_NAMES

export const readProducerConfig = (env: Environment): ProducerConfig =>
  readConfig(PRODUCER_TABLE, env, {
    known,
    contradictions: (config) => [...sharedContradictions(config), ...apiContradictions(config)],
  })

export const readWorkerConfig = (env: Environment): WorkerConfig =>
  readConfig(WORKER_TABLE, env, { known, contradictions: sharedContradictions })

export const readUpConfig = (env: Environment): UpConfig =>
  readConfig(UP_TABLE, env, {
    known,
    contradictions: (config) => [...sharedContradictions(config), ...apiContradictions(config)],
  })

export const readStoreConfig = (env: Environment): StoreCommandConfig =>
  readConfig(STORE_TABLE, env, { known, contradictions: storageContradictions })

export const readClientConfig = (env: Environment): ClientConfig => readConfig(CLIENT_TABLE, env, { known })

type SharedConfig = ConfigOf<typeof storage> & ConfigOf<typeof apps>

const storageContradictions = (config: ConfigOf<typeof storage>): FieldDefect[] =>
  together('AWS_ACCESS_KEY_ID', config.s3AccessKeyId, 'AWS_SECRET_ACCESS_KEY', config.s3SecretAccessKey)

function sharedContradictions(config: SharedConfig): FieldDefect[] {
  return [
    ...together('WECHAT_APPID', config.wechatAppid, 'WECHAT_APPSECRET', config.wechatAppsecret),
    ...storageContradictions(config),
    ...(config.appsFile !== null && config.wechatAppid !== null
      ? [contradiction('WECHAT_APPID', 'either this or SUNPRESS_APPS_FILE, got both')]
      : []),
  ]
}

interface ApiConfig {
  readonly host: string
  readonly port: PortChoice
  readonly metricsPort: PortChoice
  readonly apiKeysFile: string | null
}

function apiContradictions({
  host: at,
  port: api,
  metricsPort: metrics,
  apiKeysFile: keys,
}: ApiConfig): FieldDefect[] {
  const defects: FieldDefect[] = []
  if (api.port !== 0 && api.port === metrics.port && api.given && metrics.given) {
    defects.push(contradiction('METRICS_PORT', `another port than PORT, got ${api.port} for both`))
  }
  if (!isLoopback(at) && keys === null) {
    const expected = 'a loopback address as long as SUNPRESS_API_KEYS_FILE is not set'
    defects.push(fieldDefect('HOST', 'contradiction', expected, at))
  }
  return defects
}

function together(name: string, value: unknown, otherName: string, other: unknown): FieldDefect[] {
  if ((value === null) === (other === null)) return []
  const [missing, there] = value === null ? [name, otherName] : [otherName, name]
  return [contradiction(missing, `a value, since ${there} has one, got nothing`)]
}

const contradiction = (field: string, text: string): FieldDefect => ({
  field,
  rule: 'contradiction',
  value: null,
  message: `${field}: expected ${text}`,
})
