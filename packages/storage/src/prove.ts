/**
 * Proves at start that a store creates only: a store that silently overwrites would let two workers publish two pictures under
 * one key. Puts a probe twice and takes it away again. Doesn't promise that a store that can be proven stays so.
 */
import { randomBytes } from 'node:crypto'
import { HaltFault, HoldFault, type Records, RetryFault } from '@sunpress/core'

/** No app is called .probe, and each proof has a key of its own. */
export const PROBES = 'apps/.probe/'

/**
 * Throws HaltFault: `store_not_create_only`, or why the store cannot be used (`store_forbidden`, `store_missing`, `store_full`,
 * `store_unavailable`, `store_refused`, `store_io`), naming it: nothing is retried at a start.
 */
export async function proveCreateOnly(records: Records, where: string): Promise<void> {
  const key = `${PROBES}${randomBytes(12).toString('hex')}`
  try {
    await putTwice(records, key, where)
  } catch (fault) {
    if (!(fault instanceof HoldFault || fault instanceof RetryFault)) throw fault
    throw new HaltFault(fault.code, `${where} cannot be used: ${fault.message}`, { cause: fault })
  }
}

async function putTwice(records: Records, key: string, where: string): Promise<void> {
  try {
    const first = await records.putIfAbsent(key, Buffer.from('first'))
    const second = await records.putIfAbsent(key, Buffer.from('second'))
    const kept = await records.read(key)
    if (
      first === 'created' &&
      second === 'existed' &&
      kept !== null &&
      Buffer.from(kept).toString() === 'first'
    )
      return
  } finally {
    // A worker's key may well be one that cannot delete; a probe that stays is a few bytes.
    await records.remove(key).catch(() => {})
  }
  throw new HaltFault(
    'store_not_create_only',
    `${where} let a second put replace the first, and Sunpress cannot run on a store that overwrites. For Alibaba OSS set ` +
      'SUNPRESS_STORE_CREATE_ONLY=oss, for Tencent COS cos, both with versioning off; other stores must honour If-None-Match',
  )
}
