/**
 * The platform's component_verify_ticket: WeChat pushes one every ten minutes, and each is good for 12 hours. The last one is
 * kept. One that WeChat refused isn't shown to it again: the next push is waited for, and after half an hour that is a hold.
 */

import { type Component, HoldFault, Secret, type UpstreamWords, WaitFault } from '@sunpress/core'
import { asking, platformKeys } from '@sunpress/redis'
import { createTokenSeal } from '../token-seal.js'
import type { Budget } from './budget.js'
import { unlessDamaged } from './unless-damaged.js'
import { recordName, type VaultWriters, type WriterTerms } from './vault-writers.js'

export interface Ticket {
  readonly value: Secret
  /** When WeChat made it, by its clock. */
  readonly madeAtMs: number
}

export interface TicketBox {
  /** One that WeChat made before the kept one is let go. True when one was waited for. */
  take(ticket: Ticket, budget: Budget): Promise<boolean>
  read(): Promise<Ticket | null>
  /** Whether this very one was refused since it came. */
  wasRefused(ticket: Ticket): Promise<boolean>
  /** Notes that there is none, or that WeChat refused it; gives the fault until another comes. */
  miss(ticket: Ticket | null, words: UpstreamWords | null): Promise<WaitFault | HoldFault>
}

/** By WeChat's documentation of component_verify_ticket. */
export const TICKET_LIFE_MS = 12 * 3_600_000
const RECORD = 'ticket'
/** How long a refusal is remembered; its age is what is gone of that, by Redis's clock. */
const REMEMBERED_MS = 24 * 3_600_000
const PATIENCE_MS = 30 * 60_000
const AGAIN_MS = 20_000
const HELD_MS = 60_000

interface TicketRecord {
  readonly v: 1
  readonly ticket: string
  readonly madeAtMs: number
}

export function createTicketBox(
  terms: WriterTerms & { component: Component },
  writers: VaultWriters,
): TicketBox {
  const { component, redis, vault } = terms
  const { ticketMissed } = platformKeys(terms.namespace, component.appid)
  const mark = (ticket: Ticket | null): string =>
    ticket === null ? 'none' : createTokenSeal(component.appid, component.appSecret).fingerprint(ticket.value)

  const read = async (): Promise<Ticket | null> => {
    const record = await vault.read(recordName(component.appid, RECORD))
    if (record === null) return null
    const { ticket, madeAtMs } = JSON.parse(record.text.reveal()) as TicketRecord
    return { value: new Secret(ticket), madeAtMs }
  }

  return {
    read,
    async take(ticket, budget) {
      await writers.write(RECORD, budget, async ({ put }) => {
        // One that can't be opened is replaced.
        const kept = await read().catch(unlessDamaged)
        if (kept !== null && kept.madeAtMs > ticket.madeAtMs) return
        const record: TicketRecord = { v: 1, ticket: ticket.value.reveal(), madeAtMs: ticket.madeAtMs }
        await put(new Secret(JSON.stringify(record)))
      })
      return (await asking(() => redis.del(ticketMissed))) === 1
    },
    wasRefused: async (ticket) => (await asking(() => redis.get(ticketMissed))) === mark(ticket),
    async miss(ticket, words) {
      await asking(() => redis.set(ticketMissed, mark(ticket), 'PX', REMEMBERED_MS, 'NX'))
      await asking(() => redis.set(ticketMissed, mark(ticket), 'KEEPTTL'))
      const missingMs = REMEMBERED_MS - (await asking(() => redis.pttl(ticketMissed)))
      return missingMs < PATIENCE_MS ? awaited(ticket) : overdue(words)
    },
  }
}

const awaited = (ticket: Ticket | null): WaitFault => {
  const why = ticket === null ? 'WeChat has pushed no ticket yet' : 'WeChat refused the last ticket'
  return new WaitFault(
    'token_unavailable',
    `no access token: ${why}; the next comes within 10 minutes`,
    AGAIN_MS,
  )
}

const overdue = (words: UpstreamWords | null): HoldFault =>
  new HoldFault(
    'ticket_overdue',
    "no access token: no good ticket has come for 30 minutes. Is the platform's authorisation-event URL ours?",
    { scope: 'app', reason: 'token', forMs: HELD_MS, ...(words === null ? {} : { words }) },
  )
