/** Names what a file system refused by what to do next. Pure. */
import { HoldFault, isFault, RetryFault } from '@sunpress/core'
import { errnoOf } from './calls.js'

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])
const FORBIDDEN: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM'])
const HOLD = { scope: 'app', reason: 'storage', forMs: 30_000 } as const

export function fileFault(error: unknown, step: string, key: string): Error {
  if (isFault(error) || error instanceof TypeError) return error
  const errno = errnoOf(error)
  const message = `the file store cannot ${step} ${key}: ${errno === '' ? String(error) : errno}`
  if (FULL.has(errno)) return new HoldFault('store_full', message, HOLD, { cause: error })
  if (FORBIDDEN.has(errno)) return new HoldFault('store_forbidden', message, HOLD, { cause: error })
  return new RetryFault('store_io', message, null, { cause: error })
}
