/** Reads WeChat's JSON answers. Pure; promises that no token or AppSecret that WeChat might echo stays in its words. */
import { type Secret, secretParts, type UpstreamWords } from '@sunpress/core'

const SHOWN_CHARACTERS = 300
/** Longer than any word, rid or address in WeChat's messages; tokens and AppSecrets have 32 characters or more. */
const SECRET_LIKE = /[A-Za-z0-9_\-!|~]{32,}/g
const RID = /\brid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})/i
/** What rid was called before 2020. */
const HINT = /\bhints?: \[([^\]]{1,64})\]/

/** The object in a body whose first visible byte is "{"; null for anything else. */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> | null {
  if (firstVisibleByte(bytes) !== 0x7b) return null
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch {
    return null
  }
}

/** Of whatever shape: the token that a question carried, the AppSecret that got it. */
export type Sent = Secret | readonly Secret[]

/** null when there is no errcode. What was `sent`, and comes back, stays in no word. */
export function wordsOf(answer: Record<string, unknown>, sent: Sent = []): UpstreamWords | null {
  const errcode = wholeNumber(answer['errcode'])
  if (errcode === null) return null
  const told = typeof answer['errmsg'] === 'string' ? answer['errmsg'] : ''
  const text = without(told, [sent].flat())
  const rid = RID.exec(text)?.[1] ?? HINT.exec(text)?.[1] ?? null
  return { errcode, errmsg: scrub(text), rid: rid === null ? null : scrub(rid) }
}

/** However they are written: whole, without their scheme, as a URL has them, in capitals. The longest first. */
function without(text: string, secrets: readonly Secret[]): string {
  const parts = secrets.flatMap((secret) => secretParts(secret.reveal()))
  const written = parts.flatMap((part) => [part, encodeURIComponent(part.toWellFormed())])
  const longestFirst = written.filter((part) => part !== '').toSorted((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return text
  const pattern = longestFirst.map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|')
  return text.replace(new RegExp(pattern, 'gi'), '[secret]')
}

export const scrub = (text: string): string =>
  text
    .replace(/((?:access_token|secret)=)[^&\s"]+/gi, '$1[secret]')
    .replace(SECRET_LIKE, '[secret]')
    .slice(0, SHOWN_CHARACTERS)

function wholeNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

function firstVisibleByte(bytes: Uint8Array): number | undefined {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
  }
  return undefined
}
