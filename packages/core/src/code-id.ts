/**
 * The identity of a picture. It can't change after the first million: golden vectors in code-id.test.ts guard it.
 *
 * Code id = `<appid>-<lower-case base32 of sha256>` over canonical JSON: keys sorted, no white space, fields at their
 * default left out (so a new field never changes an old id), lineColor dropped under autoColor. Never part of it:
 * checkPath, ref, caption.
 */
import { createHash } from 'node:crypto'
import { base32 } from './base32.js'
import type { AppId, CodeId, LookId } from './ids.js'
import { DEFAULT_LOOK, defaultFormat, type Look, type PictureFormat } from './look.js'

/** One picture to be: what it is called and where it will stand in the store. */
export interface CodeName {
  readonly id: CodeId
  readonly look: LookId
  readonly key: string
}

type Canonical = Record<string, unknown>

export function nameCode(app: AppId, scene: string, look: Look): CodeName {
  const id = codeIdOf(app, scene, look)
  return { id, look: lookIdOf(look), key: codeKey(id, look.format) }
}

export const codeIdOf = (app: AppId, scene: string, look: Look): CodeId =>
  `${app}-${digest(codeCanonicalJson(app, scene, look))}` as CodeId

/** Also what names a look's file under `looks/`. */
export const lookIdOf = (look: Look): LookId =>
  digest(canonicalJson({ look: identifyingFields(look), v: 1 })).slice(0, 26) as LookId

/** `codes/<appid>/<xx>/<code id>.<jpg|png>`, xx being the first two characters of the digest (1,024 folders). */
export function codeKey(id: CodeId, format: PictureFormat): string {
  const dash = id.indexOf('-')
  return `codes/${id.slice(0, dash)}/${id.slice(dash + 1, dash + 3)}/${id}.${format}`
}

export const codeCanonicalJson = (app: AppId, scene: string, look: Look): string =>
  canonicalJson({ app, look: identifyingFields(look), scene, v: 1 })

/** What `looks/<appid>/<look id>.json` holds: the identifying fields, spelled out for whoever looks for a scene's codes. */
export const codeIdLook = (look: Look): { readonly look: Readonly<Record<string, unknown>> } => ({
  look: identifyingFields(look),
})

/** The fields of a look that make it another look, those at their default left out. */
export function identifyingFields(look: Look): Canonical {
  const { lineColor: line } = look
  const black = line.r === 0 && line.g === 0 && line.b === 0
  return {
    ...(look.autoColor ? { autoColor: true } : {}),
    ...(look.endpoint !== DEFAULT_LOOK.endpoint ? { endpoint: look.endpoint } : {}),
    ...(look.envVersion !== DEFAULT_LOOK.envVersion ? { envVersion: look.envVersion } : {}),
    ...(look.epoch !== DEFAULT_LOOK.epoch ? { epoch: look.epoch } : {}),
    ...(look.format !== defaultFormat(look.hyaline) ? { format: look.format } : {}),
    ...(look.hyaline ? { hyaline: true } : {}),
    ...(!look.autoColor && !black ? { lineColor: { b: line.b, g: line.g, r: line.r } } : {}),
    ...(look.page !== null ? { page: look.page } : {}),
    ...(look.width !== DEFAULT_LOOK.width ? { width: look.width } : {}),
  }
}

const digest = (text: string): string => base32(createHash('sha256').update(text, 'utf8').digest())

/** JSON with sorted keys at every depth. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}
