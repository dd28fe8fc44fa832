/** The apps that are configured, with their secrets, as the apps file or the environment tells now. */
import { readFileSync, statSync } from 'node:fs'
import {
  type AppsFile,
  DEFAULT_QUOTAS,
  type FieldDefect,
  fieldDefect,
  isAppId,
  parseApps,
  Secret,
  type SecretReference,
} from '@sunpress/core'
import { LineCounter, parseDocument } from 'yaml'
import { ConfigFault } from './config-fault.js'
import type { Environment } from './config-table.js'
import { isPrivateName } from './host.js'

export interface AppsConfig {
  readonly appsFile: string | null
  /** Wanted where the file has third-party platforms. */
  readonly secretKey?: Secret | null
  readonly wechatAppid: string | null
  readonly wechatAppsecret: Secret | null
  readonly wechatBaseUrl: string
}

export const hasApps = (config: AppsConfig): boolean =>
  config.appsFile !== null || config.wechatAppid !== null

/** Throws ConfigFault with every defect: no app at all, an unreadable file, a secret that isn't there. */
export function loadApps(config: AppsConfig, env: Environment): AppsFile {
  const defaultShare = defaultShareOf(config.wechatBaseUrl)
  if (config.appsFile !== null) {
    return withKeyFor(config, loadAppsFile(config.appsFile, env, defaultShare))
  }
  const { wechatAppid: appid, wechatAppsecret: appSecret } = config
  if (!isAppId(appid) || appSecret === null) {
    const expected = 'a YAML list of apps, or WECHAT_APPID and WECHAT_APPSECRET for a single one'
    throw new ConfigFault('apps', [fieldDefect('SUNPRESS_APPS_FILE', 'required', expected, undefined)])
  }
  const quotas = { ...DEFAULT_QUOTAS, share: defaultShare }
  const credential = { kind: 'secret', appSecret, endpoint: 'stable' } as const
  return { apps: [{ appid, name: appid, credential, quotas }], components: [] }
}

/** WeChat's quota is shared with whatever else uses the app; a simulator on our own network is all ours. */
export const defaultShareOf = (wechatBaseUrl: string): number =>
  isPrivateName(new URL(wechatBaseUrl).hostname) ? 1 : DEFAULT_QUOTAS.share

function loadAppsFile(path: string, env: Environment, defaultShare: number): AppsFile {
  const apps = parseApps(readYaml(path), {
    resolveSecret: (reference, field) => resolveSecret(reference, field, env),
    defaultShare,
  })
  if (apps.ok) return apps.value
  throw new ConfigFault(path, apps.defects)
}

/** Throws ConfigFault where platforms are configured and nothing to encrypt their refresh tokens with. */
function withKeyFor({ appsFile, secretKey }: AppsConfig, file: AppsFile): AppsFile {
  if (file.components.length === 0 || secretKey != null) return file
  const expected =
    'at least 32 characters, since the apps file has components: their tokens are kept encrypted'
  throw new ConfigFault(appsFile ?? 'apps', [
    fieldDefect('SUNPRESS_SECRET_KEY', 'required', expected, undefined),
  ])
}

function readYaml(path: string): unknown {
  const text = readText(path)
  if (text === null) {
    throw new ConfigFault('apps', [
      fieldDefect('SUNPRESS_APPS_FILE', 'missing', 'a regular file of at most 1 MB that can be read', path),
    ])
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  // Neither message nor cause: they quote the file, and somebody may have put a secret there.
  const defects = document.errors.map(({ code, pos }) =>
    yamlDefect(`line ${lines.linePos(pos[0]).line}`, code),
  )
  if (defects.length > 0) throw new ConfigFault(path, defects)
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    throw new ConfigFault(path, [yamlDefect('aliases', 'UNRESOLVED')])
  }
}

const yamlDefect = (field: string, code: string): FieldDefect => ({
  field,
  rule: 'yaml',
  value: null,
  message: `${field}: expected YAML, got ${code.toLowerCase().replaceAll('_', ' ')}`,
})

function resolveSecret(reference: SecretReference, field: string, env: Environment): Secret | FieldDefect {
  const isFile = reference.kind === 'file'
  const found = isFile ? readText(reference.path)?.trim() : env[reference.name]
  if (found !== undefined && found !== '') return new Secret(found)
  const expected = isFile
    ? 'a regular file of at most 1 MB that can be read and is not empty'
    : 'a variable that is set'
  return fieldDefect(field, 'missing', expected, isFile ? reference.path : reference.name)
}

/** Beyond any apps file, and any secret. */
const MOST_BYTES = 1_048_576

/** null for what is no regular file, too: whoever opens a pipe waits for its writer, and with him the whole process. */
function readText(path: string): string | null {
  try {
    const found = statSync(path)
    if (!found.isFile() || found.size > MOST_BYTES) return null
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
