/**
 * The token that a cloud's platform keeps in a file or a variable of this process: read again as it changes, never fetched and
 * never in Redis. One that WeChat refused isn't used again: the platform has to write another.
 */
import { readFile } from 'node:fs/promises'
import type { AccessToken, AppId, Clock, CloudbaseCredential, Secret } from '@sunpress/core'
import { tokenHeld } from './token-answer.js'
import { readToken } from './token-shape.js'

export type TokenPlace = CloudbaseCredential['source']

export interface CloudbaseTokens {
  /** Throws HoldFault (reason token) when there is none, or only the one that was refused. */
  get(app: AppId, place: TokenPlace): Promise<AccessToken>
  /** WeChat refused it. */
  drop(app: AppId, failed: AccessToken): void
}

export interface CloudbaseTokensTerms {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly environment: Readonly<Record<string, string | undefined>>
}

interface Seen {
  /** null: there was none. */
  readonly value: string | null
  readonly atMs: number
}

/** How long what was read is believed. */
const BELIEVED_MS = 2_000
const HELD_MS = 10_000

export function createCloudbaseTokens({ clock, environment }: CloudbaseTokensTerms): CloudbaseTokens {
  const seen = new Map<string, Seen>()
  const refused = new Map<AppId, string>()

  const read = async (place: TokenPlace): Promise<string | null> => {
    const name = nameOf(place)
    const last = seen.get(name)
    if (last !== undefined && clock.monotonic() - last.atMs < BELIEVED_MS) return last.value
    const text = place.kind === 'file' ? await readText(place.path) : environment[place.name]
    const value = text === undefined || text.trim() === '' ? null : text.trim()
    seen.set(name, { value, atMs: clock.monotonic() })
    return value
  }

  return {
    async get(app, place) {
      const value = await read(place)
      if (value === null) {
        throw tokenHeld(
          'token_cloudbase_missing',
          `the platform has written none to ${nameOf(place)}`,
          HELD_MS,
        )
      }
      if (value === refused.get(app)) {
        const why = `WeChat refused the one of ${nameOf(place)}, and the platform has written no other yet`
        throw tokenHeld('token_cloudbase_refused', why, HELD_MS)
      }
      const token: Secret | null = readToken(value)
      if (token === null) {
        const why = `what ${nameOf(place)} has is not a token`
        throw tokenHeld('token_cloudbase_not_a_token', why, HELD_MS)
      }
      return { value: token, sentAs: 'cloudbase_access_token' }
    },
    drop(app, failed) {
      refused.set(app, failed.value.reveal())
    },
  }
}

const nameOf = (place: TokenPlace): string =>
  place.kind === 'file' ? place.path : `the variable ${place.name}`

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
