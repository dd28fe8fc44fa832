/**
 * One writer at a time for each record of the vault, in all processes. Promises that what is put was put under the lease, by
 * whoever claimed it last. A writer that dies is followed by the next when its lease is over.
 */
import { randomUUID } from 'node:crypto'
import { type Clock, type ComponentId, RetryFault, type Secret, type Vault, WaitFault } from '@sunpress/core'
import { asking, createLeases, platformKeys } from '@sunpress/redis'
import type { RedisClient } from '../token-store.js'
import type { Budget } from './budget.js'
import { unlessDamaged } from './unless-damaged.js'

export interface WriterTerms {
  readonly component: { readonly appid: ComponentId }
  readonly redis: RedisClient
  readonly namespace: string
  readonly vault: Vault
  readonly clock: Clock
  readonly random: () => number
}

/** A turn at writing one record. */
export interface Turn {
  /** Durable when it resolves. Throws WaitFault `token_unavailable` when it was not written, or may not have been. */
  put(text: Secret): Promise<void>
}

export interface VaultWriters {
  /** Waits for the record's turn as long as the budget allows. */
  write<T>(record: string, budget: Budget, deed: (turn: Turn) => Promise<T>): Promise<T>
}

/** Longer than any deed may take. */
const LEASE_MS = 15_000
const POLL_MS = { least: 50, spread: 100 }
const PUTS = 3
const BETWEEN_PUTS_MS = 200
const AGAIN_MS = 10_000

/** Where the platform's records stand. */
export const recordName = (component: ComponentId, record: string): string => `${component}/${record}`

export function createVaultWriters(terms: WriterTerms): VaultWriters {
  const { component, vault, clock, random } = terms
  const keys = platformKeys(terms.namespace, component.appid)
  const leases = createLeases(terms.redis)

  const awaitLease = async (at: { lease: string; fence: string }, holder: string, budget: Budget) => {
    for (;;) {
      budget.leftMs()
      const fence = await leases.claim(at, holder, LEASE_MS)
      if (fence !== null) return fence
      await clock.sleep(POLL_MS.least + POLL_MS.spread * random(), budget.signal)
    }
  }

  /** A number above the record's own. They grow by themselves, unless Redis was lost and its clock is behind. */
  const awaitTurn = async (
    name: string,
    at: { lease: string; fence: string },
    holder: string,
    budget: Budget,
  ) => {
    for (;;) {
      const fence = await awaitLease(at, holder, budget)
      const known = (await vault.read(name).catch(unlessDamaged))?.seq ?? 0
      if (fence > known) return fence
      await asking(() => terms.redis.set(at.fence, known))
      await leases.release(at, holder)
    }
  }

  const putOnce = async (name: string, seq: number, text: Secret): Promise<void> => {
    if ((await vault.put(name, { seq, text })) === 'overtaken') throw notWritten('another process was faster')
  }

  return {
    async write(record, budget, deed) {
      const at = { lease: keys.lease(record), fence: keys.fence }
      const holder = randomUUID()
      const name = recordName(component.appid, record)
      const fence = await awaitTurn(name, at, holder, budget)
      const put = async (text: Secret) => {
        for (let tries = 1; ; tries++) {
          if ((await leases.claim(at, holder, LEASE_MS)) !== fence) throw notWritten('its turn was over')
          try {
            return await putOnce(name, fence, text)
          } catch (fault) {
            if (!(fault instanceof RetryFault)) throw fault
            if (tries === PUTS) throw notWritten('the store did not take it', fault)
          }
          await clock.sleep(BETWEEN_PUTS_MS * tries, budget.signal)
        }
      }
      try {
        return await deed({ put })
      } finally {
        // Redis away: the lease ends by itself.
        await leases.release(at, holder).catch(() => {})
      }
    },
  }
}

const notWritten = (why: string, cause?: unknown): WaitFault => {
  const message = `no access token: the vault was not written: ${why}`
  return new WaitFault('token_unavailable', message, AGAIN_MS, cause === undefined ? {} : { cause })
}
