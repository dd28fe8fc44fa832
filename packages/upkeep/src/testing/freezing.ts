/** Parts of a leader that stop in a call (SIGSTOP, a long collection of garbage) until a test lets them go on. */
import type { ClosedCode, CodeStore } from '@sunpress/core'
import { createLeases } from '@sunpress/redis'
import { expect } from 'vitest'
import { leaping, now, redis } from './use-upkeep.js'

/** The same part, which stops for ever at its first call of `name` once `freeze` was called, until `thaw`. */
export function freezing<T extends object>(part: T, name: keyof T) {
  let isCold = false
  let isStopped = false
  let thaw: () => void = () => {}
  let told: () => void = () => {}
  const frozen = new Promise<void>((resolve) => {
    told = resolve
  })
  const warm = new Promise<void>((resolve) => {
    thaw = resolve
  })
  const method = part[name] as (...args: unknown[]) => Promise<unknown>
  const stopping = async (...args: unknown[]): Promise<unknown> => {
    if (isCold) {
      isStopped = true
      told()
      await warm
    }
    return await method.apply(part, args)
  }
  const real = createLeases(redis)
  // Whoever is stopped doesn't keep his lease.
  const leases: typeof real = {
    ...real,
    claim: async (...args) => {
      if (isStopped) await warm
      return await real.claim(...args)
    },
  }
  return {
    part: { ...part, [name]: stopping } as T,
    leases,
    freeze: () => {
      isCold = true
    },
    frozen,
    thaw,
  }
}

export const known = (): CodeStore => ({
  ...now.stores.codes,
  stat: async (key) => ({ key, bytes: 1, closedAtMs: 1 }),
  confirm: async (key) =>
    ({
      key,
      bytes: 1,
      sha256: 'ab',
      width: 430,
      format: 'jpg',
      closedAtMs: 1,
      origin: 'adopted',
    }) as Partial<ClosedCode> as ClosedCode,
})

/** Time is pushed on until then: what is done every so often comes up. */
export async function untilStopped(frozen: Promise<void>): Promise<void> {
  let isOver = false
  void frozen.then(() => {
    isOver = true
  })
  await expect.poll(leaping(() => isOver)).toBe(true)
}
