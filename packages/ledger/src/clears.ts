/**
 * How often an app's quotas were cleared this month: WeChat allows ten, counted together with those made in its console, which we
 * don't see. A month is one of Asia/Shanghai.
 */
import type { AppId, Records } from '@sunpress/core'
import { listAll, toJson } from './files.js'
import { clearFile, clearsOfMonth, numberIn } from './paths.js'

export const CLEARS_A_MONTH = 10

export interface ClearLedger {
  /** Made by us in the month of `atMs`. */
  count(app: AppId, atMs: number): Promise<number>
  /** The number of this one, from 1; null when the month has no more. One caller has each number. */
  claim(app: AppId, atMs: number): Promise<number | null>
  /** The clearing didn't happen. */
  giveBack(app: AppId, atMs: number, number: number): Promise<void>
  /** WeChat says that the month has no more, whoever made the others. */
  exhaust(app: AppId, atMs: number): Promise<void>
}

const SHANGHAI_MS = 8 * 3_600_000

export const shanghaiMonth = (atMs: number): string => new Date(atMs + SHANGHAI_MS).toISOString().slice(0, 7)

export function createClearLedger(records: Records): ClearLedger {
  const claimOne = (app: AppId, atMs: number, number: number): Promise<'created' | 'existed'> => {
    const mark = toJson({ v: 1, at: new Date(atMs).toISOString() })
    return records.putIfAbsent(clearFile(app, shanghaiMonth(atMs), number), mark)
  }
  return {
    async count(app, atMs) {
      let found = 0
      for await (const key of listAll(records, clearsOfMonth(app, shanghaiMonth(atMs)))) {
        if (numberIn(key) !== null) found++
      }
      return found
    },
    async claim(app, atMs) {
      for (let number = 1; number <= CLEARS_A_MONTH; number++) {
        if ((await claimOne(app, atMs, number)) === 'created') return number
      }
      return null
    },
    giveBack: (app, atMs, number) => records.remove(clearFile(app, shanghaiMonth(atMs), number)),
    async exhaust(app, atMs) {
      for (let number = 1; number <= CLEARS_A_MONTH; number++) await claimOne(app, atMs, number)
    },
  }
}
