/**
 * The apps file, already parsed from YAML: who we print for. All defects at once, and no defect shows a credential.
 * Pure: reading the secrets that it refers to is the caller's.
 */
import type { App, Component, Credential } from './app.js'
import { parseComponent } from './apps-file-component.js'
import { parseCredential } from './apps-file-credential.js'
import {
  type AppsFileOptions,
  hiddenText,
  isFields,
  kindOf,
  parseName,
  type Reading,
  unknownNames,
} from './apps-file-fields.js'
import { parseQuotas } from './apps-file-quotas.js'
import { defective, type FieldDefect, fieldDefect, type Parsed, parsed } from './field-defect.js'
import { type AppId, isAppId, isComponentId } from './ids.js'

export type { AppsFileOptions, SecretReference } from './apps-file-fields.js'

export interface AppsFile {
  /** Empty only when a platform prints for all of its merchants. */
  readonly apps: readonly App[]
  readonly components: readonly Component[]
}

/**
 * `{ apps: [{ appid, name?, credential, quotas? }], components?: [{ appid, name?, appSecret, verifyToken, encodingAesKey,
 * merchants?, quotas? }] }`; unknown fields and repeated appids are defects.
 */
export function parseApps(value: unknown, options: AppsFileOptions): Parsed<AppsFile> {
  if (!isFields(value)) return defective(fieldDefect('apps', 'type', 'a list of apps', undefined))
  const defects = unknownNames(value, '', ['apps', 'components'])
  const reading: Reading = { options, defects }
  const componentItems = listOf(value['components'], 'components', defects)
  const appItems = listOf(value['apps'], 'apps', defects)
  const components = parseEach(componentItems, 'components', reading, parseComponent)
  const apps = parseEach(appItems, 'apps', reading, parseApp)
  if (appItems.length === 0 && !hasOpenComponent(componentItems)) {
    const expected = 'a list of at least one app, or a component with merchants: all'
    defects.push(fieldDefect('apps', 'required', expected, kindOf(value['apps'])))
  }
  defects.push(...repeatedAppids(appItems, componentItems), ...strayComponents(appItems, componentItems))
  defects.push(...sharedTokens(apps))
  if (defects.length > 0) return defective(...defects)
  return parsed({ apps: present(apps), components: present(components) })
}

/** A list that isn't there is an empty one. */
function listOf(value: unknown, at: string, defects: FieldDefect[]): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value !== undefined && value !== null) defects.push(fieldDefect(at, 'type', 'a list', kindOf(value)))
  return []
}

const parseEach = <T>(
  items: readonly unknown[],
  at: string,
  reading: Reading,
  parse: (item: unknown, at: string, reading: Reading) => T | null,
): (T | null)[] => items.map((item, index) => parse(item, `${at}[${index}]`, reading))

const present = <T>(items: readonly (T | null)[]): T[] => items.filter((item) => item !== null)

function parseApp(item: unknown, at: string, reading: Reading): App | null {
  const { defects } = reading
  if (!isFields(item)) {
    defects.push(fieldDefect(at, 'type', '{ appid, name, credential, quotas }', kindOf(item)))
    return null
  }
  defects.push(...unknownNames(item, `${at}.`, ['appid', 'name', 'credential', 'quotas']))
  const appid = parseAppid(item['appid'], `${at}.appid`, defects)
  const name = parseName(item['name'], `${at}.name`, defects)
  const credential = parseCredential(item['credential'], `${at}.credential`, reading)
  const quotas = parseQuotas(item['quotas'], `${at}.quotas`, reading)
  return appid === null || credential === null ? null : { appid, name: name ?? appid, credential, quotas }
}

function parseAppid(value: unknown, at: string, defects: FieldDefect[]): AppId | null {
  if (isAppId(value)) return value
  defects.push(fieldDefect(at, 'format', '"wx" and 16 lower-case hex digits', hiddenText(value)))
  return null
}

const fieldOf = (item: unknown, name: string): unknown => (isFields(item) ? item[name] : undefined)

/** Also one with defects of its own, so that no defect follows from another. */
const hasOpenComponent = (components: readonly unknown[]): boolean =>
  components.some((item) => fieldOf(item, 'merchants') !== 'listed')

/** An app and a platform can't have the same appid either. */
function repeatedAppids(apps: readonly unknown[], components: readonly unknown[]): FieldDefect[] {
  const named = [
    ...apps.map((item, index) => ({ at: `apps[${index}]`, appid: fieldOf(item, 'appid') })),
    ...components.map((item, index) => ({ at: `components[${index}]`, appid: fieldOf(item, 'appid') })),
  ]
  return named.flatMap(({ at, appid }, index) => {
    const first = named.findIndex((other) => other.appid === appid)
    if (!isAppId(appid) || first === index) return []
    return [fieldDefect(`${at}.appid`, 'repeated', `an appid that ${named[first]?.at} doesn't have`, appid)]
  })
}

function strayComponents(apps: readonly unknown[], components: readonly unknown[]): FieldDefect[] {
  const known = new Set(components.map((item) => fieldOf(item, 'appid')))
  return apps.flatMap((item, index) => {
    const credential = fieldOf(item, 'credential')
    const component = fieldOf(credential, 'component')
    if (fieldOf(credential, 'kind') !== 'component' || !isComponentId(component) || known.has(component))
      return []
    const at = `apps[${index}].credential.component`
    return [fieldDefect(at, 'missing', 'the appid of one of the components', component)]
  })
}

/** The cloud's token belongs to one account: a second app would be given codes of the first. */
function sharedTokens(apps: readonly (App | null)[]): FieldDefect[] {
  const owners = new Map<string, number>()
  return apps.flatMap((app, index) => {
    const owned = app === null ? null : cloudTokenOf(app.credential)
    if (owned === null) return []
    const first = owners.get(owned) ?? index
    owners.set(owned, first)
    if (first === index) return []
    const expected = `a token of the cloud that apps[${first}] doesn't use`
    return [fieldDefect(`apps[${index}].credential`, 'repeated', expected, app?.credential.kind)]
  })
}

/** null for a token of the app's own, and where resources are shared by name. */
function cloudTokenOf(credential: Credential): string | null {
  if (credential.kind === 'cloudbase') return JSON.stringify(credential.source)
  if (credential.kind === 'cloudrun') return credential.shared ? null : credential.baseUrl
  if (credential.kind === 'cloudcall') return credential.shared ? null : credential.kind
  return null
}
