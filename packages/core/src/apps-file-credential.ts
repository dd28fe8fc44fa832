/** The `credential` of an app in the apps file: one parser per kind. Pure; no defect shows a secret. */
import type {
  CloudbaseCredential,
  CloudcallCredential,
  CloudrunCredential,
  ComponentCredential,
  Credential,
  ExternalCredential,
  SecretCredential,
} from './app.js'
import {
  type Fields,
  hidden,
  isFields,
  kindOf,
  parseFlag,
  parseReference,
  parseSecret,
  parseWord,
  type Reading,
  unknownNames,
} from './apps-file-fields.js'
import { fieldDefect } from './field-defect.js'
import { isComponentId } from './ids.js'
import type { Secret } from './secret.js'

/** Where the platform keeps the token in a container. Source: cloudbase wxtoken. */
const CLOUDBASE_TOKEN_FILE = '/.tencentcloudbase/wx/cloudbase_access_token'
const CLOUDRUN_BASE_URL = 'http://api.weixin.qq.com'

const JSON_PATH = /^[\w-]+(?:\.[\w-]+)*$/
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
/** What the HTTP client writes itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])
const HEADER_VALUE = { pattern: /^[\x20-\x7e]+$/, expected: 'printable ASCII on one line' }

type Kind = Credential['kind']
type KindParser<K extends Kind> = (
  fields: Fields,
  at: string,
  reading: Reading,
) => Extract<Credential, { kind: K }> | null

const PARSERS: {
  readonly [K in Kind]: { readonly fields: readonly string[]; readonly parse: KindParser<K> }
} = {
  secret: { fields: ['appSecret', 'endpoint'], parse: parseSecretKind },
  component: { fields: ['component'], parse: parseComponentKind },
  external: {
    fields: ['url', 'headers', 'tokenPath', 'expiresPath', 'rejectedUrl'],
    parse: parseExternalKind,
  },
  cloudbase: { fields: ['token'], parse: parseCloudbaseKind },
  cloudrun: { fields: ['baseUrl', 'shared'], parse: parseCloudrunKind },
  cloudcall: { fields: ['shared'], parse: parseCloudcallKind },
}

export function parseCredential(value: unknown, at: string, reading: Reading): Credential | null {
  const { defects } = reading
  if (!isFields(value)) {
    defects.push(fieldDefect(at, 'required', '{ kind: secret, appSecret } or another kind', hidden(value)))
    return null
  }
  const kind = value['kind']
  if (!isKind(kind)) {
    defects.push(
      fieldDefect(`${at}.kind`, 'value', `one of ${Object.keys(PARSERS).join(', ')}`, hidden(kind)),
    )
    return null
  }
  defects.push(...unknownNames(value, `${at}.`, ['kind', ...PARSERS[kind].fields]))
  return PARSERS[kind].parse(value, at, reading)
}

const isKind = (value: unknown): value is Kind => typeof value === 'string' && Object.hasOwn(PARSERS, value)

function parseSecretKind(fields: Fields, at: string, reading: Reading): SecretCredential | null {
  const appSecret = parseSecret(fields['appSecret'], `${at}.appSecret`, reading)
  const endpoint = parseWord(fields['endpoint'], `${at}.endpoint`, ['stable', 'classic'], reading.defects)
  return appSecret === null ? null : { kind: 'secret', appSecret, endpoint }
}

/** Whether the file has that component is looked at when the whole file is known. */
function parseComponentKind(fields: Fields, at: string, { defects }: Reading): ComponentCredential | null {
  const component = fields['component']
  if (isComponentId(component)) return { kind: 'component', component }
  defects.push(fieldDefect(`${at}.component`, 'format', 'the appid of a component', hidden(component)))
  return null
}

function parseExternalKind(fields: Fields, at: string, reading: Reading): ExternalCredential | null {
  const url = parseUrl(fields['url'], `${at}.url`, reading)
  const headers = parseHeaders(fields['headers'], `${at}.headers`, reading)
  const tokenPath = parsePath(fields['tokenPath'] ?? 'access_token', `${at}.tokenPath`, reading)
  const expires = fields['expiresPath'] === undefined ? 'expires_in' : fields['expiresPath']
  const expiresPath = expires === null ? null : parsePath(expires, `${at}.expiresPath`, reading)
  const told = fields['rejectedUrl'] ?? null
  const rejectedUrl = told === null ? null : parseUrl(told, `${at}.rejectedUrl`, reading)
  if (url === null || tokenPath === null) return null
  return { kind: 'external', url, headers, tokenPath, expiresPath, rejectedUrl }
}

function parseCloudbaseKind(fields: Fields, at: string, { defects }: Reading): CloudbaseCredential | null {
  const token = fields['token'] ?? `file:${CLOUDBASE_TOKEN_FILE}`
  const source = parseReference(token)
  if (source !== null) return { kind: 'cloudbase', source }
  defects.push(fieldDefect(`${at}.token`, 'reference', '"file:/absolute/path" or "env:NAME"', hidden(token)))
  return null
}

function parseCloudrunKind(fields: Fields, at: string, reading: Reading): CloudrunCredential | null {
  const shared = parseFlag(fields['shared'], `${at}.shared`, reading.defects)
  const baseUrl = fields['baseUrl'] ?? CLOUDRUN_BASE_URL
  if (isUrl(baseUrl, ['http:']) && new URL(baseUrl).search === '')
    return { kind: 'cloudrun', baseUrl, shared }
  // The sidecar reads what we write: it can't see into TLS.
  const expected = 'http://host[:port], without login, query or fragment'
  reading.defects.push(fieldDefect(`${at}.baseUrl`, 'format', expected, hidden(baseUrl)))
  return null
}

function parseCloudcallKind(fields: Fields, at: string, { defects }: Reading): CloudcallCredential {
  return { kind: 'cloudcall', shared: parseFlag(fields['shared'], `${at}.shared`, defects) }
}

/** Hidden when it is wrong: keys stand in URLs, too. */
function parseUrl(value: unknown, at: string, { defects }: Reading): string | null {
  if (isUrl(value, ['http:', 'https:'])) return value
  defects.push(fieldDefect(at, 'format', 'http(s)://host…, without login or fragment', hidden(value)))
  return null
}

function isUrl(value: unknown, protocols: readonly string[]): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, password, hash } = new URL(value)
  return protocols.includes(protocol) && username === '' && password === '' && hash === ''
}

function parsePath(value: unknown, at: string, { defects }: Reading): string | null {
  if (typeof value === 'string' && JSON_PATH.test(value)) return value
  defects.push(fieldDefect(at, 'format', 'names joined by dots, such as data.access_token', hidden(value)))
  return null
}

function parseHeaders(value: unknown, at: string, reading: Reading): Readonly<Record<string, Secret>> {
  if (value === undefined) return {}
  if (!isFields(value)) {
    reading.defects.push(fieldDefect(at, 'type', '{ Name: reference }', kindOf(value)))
    return {}
  }
  const headers = Object.entries(value).flatMap(([name, reference]): (readonly [string, Secret])[] => {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.has(name.toLowerCase())) {
      reading.defects.push(
        fieldDefect(at, 'name', 'names of headers that are not the client’s own', hidden(name)),
      )
      return []
    }
    const secret = parseSecret(reference, `${at}.${name}`, reading, HEADER_VALUE)
    return secret === null ? [] : [[name, secret]]
  })
  return Object.fromEntries(headers)
}
