/**
 * What the tokens of a company's token service are sealed with in Redis: its URL and headers together, since whoever has
 * them all can ask for the token as well. Pure.
 */
import { type ExternalCredential, Secret } from '@sunpress/core'

export interface SealSecret {
  readonly secret: Secret
  /** False when there is no header: a URL alone can be guessed, and what it seals belongs into no other place. */
  readonly isSecret: boolean
}

export function sealSecretOf({ url, headers }: Pick<ExternalCredential, 'url' | 'headers'>): SealSecret {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()] as const)
  const sorted = named.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { secret: new Secret(JSON.stringify([url, sorted])), isSecret: sorted.length > 0 }
}
