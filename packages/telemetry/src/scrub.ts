/**
 * The last thing before the sink: takes secrets out of a finished log line, wherever in it they stand. Known secrets are
 * found by their value, others by what they look like. A line stays JSON, unless
 * a known secret is a bare number. Scrubbing too much is fine, too little is not.
 */
import { Secret, secretParts } from '@sunpress/core'

export interface Scrub {
  (line: string): string
  /** From now on this value is taken out. Under a `slot`, only the two newest are remembered: for secrets that rotate. */
  register(secret: Secret, slot?: string): void
}

const SHOWN = '[secret]'
/** Shorter ones would take ordinary words apart. */
const LEAST_CHARACTERS = 4
const KEPT_PER_SLOT = 2

/** Names that end like this have a secret for their value, as a query parameter, header or JSON field. */
const NAMES =
  '(?:tokens?|secret|secret_?key|secret_?access_?key|access_?key_?id|password|passwd|api[-_]?keys?|signature|credential|authorization|cookie|ticket|session_?key)'

const HEADERS = '(?:authorization|cookie|x-api-key|x-amz-security-token)'

/** What every pattern below needs: a line without it goes out as it is. */
const SUSPICIOUS =
  /token|secret|passw|key|signature|credential|authorization|cookie|ticket|bearer |basic |AWS4-|:\/\/[^\s"/]*@|\d_[\w-]{60}/i

type Rule = readonly [pattern: RegExp, replacement: string]

const RULES: readonly Rule[] = [
  // "access_token":"…"
  [new RegExp(`("[^"\\\\]*${NAMES}"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1${SHOWN}"`],
  // The same in JSON that was made a string once more, however often: \"access_token\":\"…\"
  [new RegExp(`(\\\\+"[^"\\\\]*${NAMES}\\\\+"\\s*:\\s*(\\\\+"))[^"]*?\\2`, 'gi'), `$1${SHOWN}$2`],
  // "set-cookie":["…"]
  [
    new RegExp(`("[^"\\\\]*${NAMES}"\\s*:\\s*)\\[(?:[^"\\]]|"(?:[^"\\\\]|\\\\.)*"){0,400}\\]`, 'gi'),
    `$1["${SHOWN}"]`,
  ],
  // ["authorization","…"]: lists of headers
  [new RegExp(`(?<=[[,]\\s*)("[\\w-]*${HEADERS}"\\s*,\\s*")(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1${SHOWN}"`],
  // access_token=…, X-Amz-Signature=…, Credential=…
  [new RegExp(`(${NAMES}(?:=|%3D))(?!\\[secret\\])[^&\\s"'\\\\<>;,)\\]}]+`, 'gi'), `$1${SHOWN}`],
  // authorization: … in text, to its end
  [new RegExp(`\\b(${HEADERS}: ?)[^"\\\\]+`, 'gi'), `$1${SHOWN}`],
  [/\b(bearer|basic) [\w.~+/=-]{6,}/gi, `$1 ${SHOWN}`],
  [/\b(AWS4-HMAC-SHA256) [^"\\]*/g, `$1 ${SHOWN}`],
  // redis://user:password@host
  [/(:\/\/)[^\s"\\/@]+@/g, `$1${SHOWN}@`],
  // WeChat's own tokens: 85_ and some 130 URL-safe characters
  [/\b\d{2,3}_[\w-]{60,}/g, SHOWN],
]

/** Sets nothing up elsewhere: two of them know nothing of each other. */
export function createScrub(): Scrub {
  const lasting = new Set<string>()
  const slots = new Map<string, readonly string[]>()
  let known: RegExp | null = null

  function register(secret: Secret, slot?: string): void {
    const value = secret.reveal()
    if (value.length < LEAST_CHARACTERS) return
    if (slot === undefined) {
      for (const part of secretParts(value)) lasting.add(part)
    } else {
      const older = (slots.get(slot) ?? []).filter((other) => other !== value)
      slots.set(slot, [value, ...older].slice(0, KEPT_PER_SLOT))
    }
    known = patternOf([...lasting, ...[...slots.values()].flat()])
  }

  function scrub(line: string): string {
    const clean = known === null ? line : line.replace(known, SHOWN)
    if (!SUSPICIOUS.test(clean)) return clean
    return RULES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), clean)
  }

  return Object.assign(scrub, { register })
}

/** Each value as it is, as JSON writes it, and as a URL writes it; the longest first, as one may begin another. */
function patternOf(values: readonly string[]): RegExp {
  const written = values.flatMap((value) => [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ])
  const longestFirst = [...new Set(written)].sort((a, b) => b.length - a.length)
  return new RegExp(longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|'), 'g')
}

/** Every Secret in a configuration, at any depth. */
export function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(secretsIn)
}
