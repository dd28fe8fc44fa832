/** Every variable that Sunpress reads, each declared once; process-config.ts says which process reads which. */
import { type ConfigTable, variable } from './config-table.js'
import {
  boolean,
  host,
  httpBaseUrl,
  integer,
  oneOf,
  optional,
  port,
  redisUrl,
  secretText,
  storeLocation,
  text,
} from './parsers.js'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const VARIABLES = {
  redisUrl: variable({
    name: 'REDIS_URL',
    parser: redisUrl(),
    fallback: 'redis://127.0.0.1:6379',
    doc: 'Redis 6.2 or later, never evicting; rediss:// for TLS, redis+sentinel:// for one behind sentinels',
  }),
  namespace: variable({
    name: 'SUNPRESS_NAMESPACE',
    parser: text({ expected: '1 to 40 of A-Z a-z 0-9 _ -', pattern: /^[A-Za-z0-9_-]{1,40}$/ }),
    fallback: 'sunpress',
    doc: 'Begins every key in Redis, so that several installations can share one server',
  }),
  store: variable({
    name: 'SUNPRESS_STORE',
    parser: storeLocation(),
    fallback: 'file:./data',
    doc: 'Where pictures and the ledger are kept: file:/folder or s3://bucket/prefix',
  }),
  ledger: variable({
    name: 'SUNPRESS_LEDGER',
    parser: optional(storeLocation()),
    doc: 'Puts the ledger (all but codes/) elsewhere than SUNPRESS_STORE',
  }),
  storeCreateOnly: variable({
    name: 'SUNPRESS_STORE_CREATE_ONLY',
    parser: oneOf('if-none-match', 'oss', 'cos'),
    fallback: 'if-none-match',
    doc: 'How an S3 store is asked not to overwrite; proved at each start',
  }),
  s3PathStyle: variable({
    name: 'SUNPRESS_S3_PATH_STYLE',
    parser: optional(boolean()),
    doc: 'Bucket in the path instead of the host; by default when the endpoint is an IP, localhost or a one-label host',
  }),
  s3Endpoint: variable({
    name: 'AWS_ENDPOINT_URL_S3',
    parser: optional(httpBaseUrl()),
    doc: 'S3 server other than AWS',
  }),
  s3Region: variable({ name: 'AWS_REGION', parser: optional(text()), doc: 'Region of the bucket' }),
  s3AccessKeyId: variable({
    name: 'AWS_ACCESS_KEY_ID',
    parser: optional(text()),
    doc: 'Key of the S3 account; an s3:// store wants it',
  }),
  s3SecretAccessKey: variable({
    name: 'AWS_SECRET_ACCESS_KEY',
    parser: optional(secretText()),
    doc: 'Secret that belongs to AWS_ACCESS_KEY_ID',
  }),
  s3SessionToken: variable({
    name: 'AWS_SESSION_TOKEN',
    parser: optional(secretText()),
    doc: 'Comes with temporary S3 credentials',
  }),
  publicUrl: variable({
    name: 'SUNPRESS_PUBLIC_URL',
    parser: optional(httpBaseUrl()),
    doc: "Base URL under which the store's codes/ is served (CDN); without it the producer serves pictures",
  }),
  appsFile: variable({
    name: 'SUNPRESS_APPS_FILE',
    parser: optional(text()),
    doc: 'YAML list of apps; without it there is one app, from WECHAT_APPID and WECHAT_APPSECRET',
  }),
  secretKey: variable({
    name: 'SUNPRESS_SECRET_KEY',
    parser: optional(secretText({ expected: 'at least 32 characters without spaces', pattern: /^\S{32,}$/ })),
    doc: 'Encrypts what the ledger keeps of third-party platforms: at least 32 characters, the same for all processes (openssl rand -base64 32). Wanted as soon as the apps file has components; what was written with another key can not be read',
  }),
  wechatAppid: variable({
    name: 'WECHAT_APPID',
    parser: optional(text({ expected: '"wx" and 16 lower-case hex digits', pattern: /^wx[0-9a-f]{16}$/ })),
    doc: 'The only app, where there is no apps file',
  }),
  wechatAppsecret: variable({
    name: 'WECHAT_APPSECRET',
    parser: optional(secretText()),
    doc: 'AppSecret of WECHAT_APPID',
  }),
  wechatBaseUrl: variable({
    name: 'WECHAT_BASE_URL',
    parser: httpBaseUrl(),
    fallback: 'https://api.weixin.qq.com',
    doc: "WeChat's host, or a simulator",
  }),
  host: variable({
    name: 'HOST',
    parser: host(),
    fallback: '127.0.0.1',
    doc: 'Address that the API and the metrics listen on',
  }),
  port: variable({
    name: 'PORT',
    parser: port(),
    fallback: '8080',
    doc: 'Port of the API. 0: any free one; the default gives way to the next free one',
  }),
  metricsPort: variable({
    name: 'METRICS_PORT',
    parser: port(),
    fallback: '9464',
    doc: 'Port of /metrics, /livez and /readyz. 0: any free one; the default gives way to the next free one',
  }),
  apiKeysFile: variable({
    name: 'SUNPRESS_API_KEYS_FILE',
    parser: optional(text()),
    doc: 'Hashed API keys with their scopes; without it the API binds to loopback only',
  }),
  sourceAllowPrivate: variable({
    name: 'SUNPRESS_SOURCE_ALLOW_PRIVATE',
    parser: optional(
      text({
        expected: 'hosts, name or name:port, with commas between them',
        pattern: /^[^\s,/@]+(,[^\s,/@]+)*$/,
      }),
    ),
    doc: 'Hosts with private addresses that a schedule may take its rows from, by http:// too: shops.internal,10.0.0.7:8080',
  }),
  sourceSecrets: variable({
    name: 'SUNPRESS_SOURCE_SECRETS',
    parser: optional(text()),
    doc: 'Folder of the files that a schedule may send as headers to its source (file:/…); variables that begin with SOURCE_ may be sent as well (env:…)',
  }),
  sourceMaxBytes: variable({
    name: 'SUNPRESS_SOURCE_MAX_BYTES',
    parser: integer(1, 1_000_000_000_000),
    fallback: '2000000000',
    doc: 'Largest source of a schedule, all its pages together: a larger one makes no campaign',
  }),
  logLevel: variable({
    name: 'LOG_LEVEL',
    parser: oneOf(...LOG_LEVELS),
    fallback: 'info',
    doc: 'Least level of the lines that are logged (JSON on stdout)',
  }),
  apiUrl: variable({
    name: 'SUNPRESS_API_URL',
    parser: httpBaseUrl(),
    fallback: 'http://127.0.0.1:8080',
    doc: 'Where the commands ask the producer',
  }),
  apiKey: variable({
    name: 'SUNPRESS_API_KEY',
    parser: optional(secretText()),
    doc: 'The key that the commands show to the producer',
  }),
  tether: variable({
    name: 'SUNPRESS_TETHER',
    parser: optional(oneOf('fd')),
    doc: 'fd: the process drains and ends when the pipe on its file descriptor 3 closes; `sunpress up` sets it for its children',
  }),
} satisfies ConfigTable

export const VARIABLE_NAMES: readonly string[] = Object.values(VARIABLES).map(({ name }) => name)
