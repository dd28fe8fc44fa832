/** What of a secret is secret by itself, and may turn up alone. Pure. */

/** Shorter ones would take ordinary words apart. */
const LEAST_CHARACTERS = 4
const SCHEME = /^([A-Za-z][A-Za-z0-9-]*) +(\S.*)$/s
const URL_PASSWORD = /:\/\/[^/@\s]*:([^/@\s]+)@/

/** The value itself; the part behind a scheme (`Bearer x`), what `Basic` holds, and the password of a URL. */
export function secretParts(value: string): readonly string[] {
  const [, scheme, rest = ''] = SCHEME.exec(value) ?? []
  const password = URL_PASSWORD.exec(value)?.[1] ?? ''
  const login = scheme?.toLowerCase() === 'basic' ? Buffer.from(rest, 'base64').toString('utf8') : ''
  const parts = [rest, login, login.slice(login.indexOf(':') + 1), password, decode(password)]
  return [...new Set([value, ...parts.filter((part) => part.length >= LEAST_CHARACTERS)])]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
