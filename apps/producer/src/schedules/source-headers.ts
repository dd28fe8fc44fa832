/**
 * The values of a source's headers, read where they are kept each time they are sent: they stand in no file of ours. Whoever may
 * write schedules chooses where they go, so only what was set aside for that is given: variables that begin with SOURCE_, and
 * files in one folder.
 */
import { readFileSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { type FieldDefect, fieldDefect, RetryFault, SOURCE_VARIABLE } from '@sunpress/core'

export interface HeaderSecrets {
  /** null when there is none, or none that may be sent. */
  read(reference: string): string | null
}

const MOST_CHARACTERS = 8_192
/** What a header may hold; anything else could begin another header. */
const VALUE = /^[\x20-\x7e\x80-\xff]+$/

export function createHeaderSecrets(
  env: Readonly<Record<string, string | undefined>>,
  folder: string | null,
): HeaderSecrets {
  return {
    read(reference) {
      const name = /^env:(.+)$/.exec(reference)?.[1]
      const path = /^file:(.+)$/.exec(reference)?.[1]
      const found =
        name !== undefined ? ofEnvironment(env, name) : path !== undefined ? ofFile(folder, path) : null
      const value = found?.trim() ?? ''
      return value.length <= MOST_CHARACTERS && VALUE.test(value) ? value : null
    },
  }
}

const ofEnvironment = (env: Readonly<Record<string, string | undefined>>, name: string): string | null =>
  name.startsWith(SOURCE_VARIABLE) ? (env[name] ?? null) : null

function ofFile(folder: string | null, path: string): string | null {
  if (folder === null) return null
  try {
    // Where it really is: a link, or "..", leads nowhere else.
    const real = realpathSync(path)
    return real.startsWith(realpathSync(folder) + sep) ? readFileSync(real, 'utf8') : null
  } catch {
    return null
  }
}

type References = Readonly<Record<string, string>>

/** Throws RetryFault `source_secret`, which names the reference. */
export function resolveHeaders(secrets: HeaderSecrets, headers: References): Record<string, string> {
  const values = Object.entries(headers).map(([name, reference]) => {
    const value = secrets.read(reference)
    if (value === null)
      throw new RetryFault('source_secret', `there is no value to be sent under ${reference}`)
    return [name, value] as const
  })
  return Object.fromEntries(values)
}

export const headerDefects = (secrets: HeaderSecrets, headers: References, at: string): FieldDefect[] =>
  Object.entries(headers)
    .filter(([, reference]) => secrets.read(reference) === null)
    .map(([name, reference]) =>
      fieldDefect(
        `${at}.${name}`,
        'missing',
        'a secret that the producer has, and may send to a source',
        reference,
      ),
    )
