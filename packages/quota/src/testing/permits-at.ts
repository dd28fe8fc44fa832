/** The two scripts by which a lane's state is made and its slots are taken, with the arguments of a lane that nothing is special about. */
import { MOST_AHEAD_MS, spacingUs } from '../spacing.js'
import type { Run } from './simulated-lua.js'

export interface Wish {
  limit?: number
  wanted?: number
  patienceUs?: number
  leapt?: boolean
}

export const PATIENCE_US = MOST_AHEAD_MS * 1_000
const NO_HOLD = [0, '', '']

/** `at`: how to run them now, and the keys of the lane's state and of its app's hold. */
export function permitsAt(at: () => { readonly run: Run; readonly keys: readonly [string, string] }) {
  return {
    take({ limit = 5_000, wanted = 25, patienceUs = PATIENCE_US, leapt = false }: Wish = {}) {
      const { run, keys } = at()
      const args = [spacingUs(limit), wanted, patienceUs, leapt ? '1' : '0', 0]
      return run('take-permits', keys, args) as Promise<[string, ...number[]]>
    },
    settle(windowMs = 0, limit = 5_000, hold: readonly (string | number)[] = NO_HOLD) {
      const { run, keys } = at()
      return run('settle-permits', keys, [spacingUs(limit), windowMs, ...hold, ...NO_HOLD, 0, 0])
    },
  }
}
