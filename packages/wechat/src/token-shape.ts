/** What may be a token: visible ASCII, so that it stands in any URL, header and log line as it is. Pure. */
import { Secret } from '@sunpress/core'

const TOKEN = /^[\x21-\x7e]{1,2048}$/

/** null for anything else: such a thing would fail at each scene that is asked for with it. */
export const readToken = (value: unknown): Secret | null =>
  typeof value === 'string' && TOKEN.test(value) ? new Secret(value) : null
