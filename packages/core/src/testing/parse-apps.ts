/** Apps files as tests write them, with the secrets that they refer to made up. */
import { parseApps, type SecretReference } from '../apps-file.js'
import { fieldDefect } from '../field-defect.js'
import { Secret } from '../secret.js'

export const APPID = 'wx0123456789abcdef'
export const OTHER = 'wxfedcba9876543210'
export const COMPONENT = 'wx00000000000000aa'
export const component = {
  appid: COMPONENT,
  appSecret: 'env:SECRET',
  verifyToken: 'env:VERIFY',
  encodingAesKey: 'env:AES',
}
export const credential = { kind: 'secret', appSecret: 'env:SHOPS' }

const resolveSecret = (reference: SecretReference, field: string) =>
  reference.kind === 'env' && reference.name === 'MISSING'
    ? fieldDefect(field, 'missing', 'a variable that is set', undefined)
    : new Secret(textOf(reference))

function textOf(reference: SecretReference): string {
  if (reference.kind === 'file') return `file ${reference.path}`
  return reference.name === 'AES' ? 'k'.repeat(43) : `env ${reference.name}`
}

export const parse = (value: unknown, defaultShare?: number) =>
  parseApps(value, defaultShare === undefined ? { resolveSecret } : { resolveSecret, defaultShare })

/** Each defect as `field rule`. */
export function defectsOf(value: unknown): string[] {
  const result = parse(value)
  return result.ok ? [] : result.defects.map((defect) => `${defect.field} ${defect.rule}`)
}

export function appsOf(value: unknown, defaultShare?: number) {
  const result = parse(value, defaultShare)
  if (!result.ok) throw new Error(result.defects.map((defect) => defect.message).join('\n'))
  return result.value.apps
}

export const componentsOf = (value: unknown) => {
  const result = parse(value)
  return result.ok ? result.value.components : []
}
export const credentialOf = (credential: unknown, more: object = {}) =>
  appsOf({ apps: [{ appid: APPID, credential }], ...more })[0]?.credential
export const defectsOfCredential = (credential: unknown) =>
  defectsOf({ apps: [{ appid: APPID, credential }] })
