/**
 * What WeChat counts once for a lifetime: a set of parameters of getwxacode and createwxaqrcode, a page of getwxacodeunlimit that it
 * does not check. Pure. Source: WeChat's documents of the 100,000 codes and its staff's answers: a repeat is free; epoch and ref never reach it.
 */
import { createHash } from 'node:crypto'
import type { Look } from '@sunpress/core'

export interface CountedItem {
  /** Names it: 128 bits of SHA-256, in hex. */
  readonly key: string
  /** For people who read the ledger. */
  readonly text: string
}

export interface ParameterSource {
  /** The path. */
  readonly scene: string
  readonly look: Look
}

/** Both endpoints share one count; a path of one isn't the same set for the other. */
export function parameterSet({ scene, look }: ParameterSource): CountedItem {
  return toItem(look.endpoint === 'qrcode' ? qrcodeFields(scene, look) : codeFields(scene, look))
}

export const uncheckedPage = (page: string): CountedItem => toItem({ page })

/** In one order, and only what is sent: another width is another set, a colour under autoColor is none. */
const codeFields = (path: string, look: Look) => ({
  endpoint: 'getwxacode',
  path,
  env_version: look.envVersion,
  width: look.width,
  auto_color: look.autoColor,
  line_color: look.autoColor ? null : [look.lineColor.r, look.lineColor.g, look.lineColor.b],
  is_hyaline: look.hyaline,
})

const qrcodeFields = (path: string, look: Look) => ({
  endpoint: 'createwxaqrcode',
  path,
  width: look.width,
})

function toItem(fields: Readonly<Record<string, unknown>>): CountedItem {
  const text = JSON.stringify(fields)
  return { key: createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32), text }
}
