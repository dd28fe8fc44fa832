/** Redis errors become faults here, without their commands: those hold events and sealed tokens. */
import { HaltFault, isFault, WaitFault } from '@sunpress/core'

const AFTER_MS = 1_000

/** Words of Redis that no retry changes. */
const HOPELESS = /^(NOAUTH|WRONGPASS|NOPERM)/

export function toRedisFault(error: unknown): Error {
  if (isFault(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  const [word = 'error'] = message.split(' ', 1)
  if (HOPELESS.test(word)) return new HaltFault('redis_forbidden', `Redis refuses us: ${word}`)
  const known = /^[A-Z]{3,20}$/.test(word) ? word : 'unreachable'
  return new WaitFault('redis_unavailable', `Redis did not answer as expected: ${known}`, AFTER_MS)
}

/** Runs a Redis call; whatever it throws comes out as a fault. */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toRedisFault(error)
  }
}
