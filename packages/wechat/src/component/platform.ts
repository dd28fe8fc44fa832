/**
 * A third-party platform: its ticket, its own token, its merchants and their tokens. Promises that one process at a time writes
 * what the vault has of a merchant, that a refresh token is durable before what came with it is used, and that no secret is in a
 * fault, a log line or, in the clear, in Redis or the store. The vault is the truth; Redis may be lost.
 */
import { randomUUID } from 'node:crypto'
import { type AppId, type Component, isFault, type Secret, type Vault } from '@sunpress/core'
import { appKeys, asking, platformKeys } from '@sunpress/redis'
import type { Moment } from '../next-minute.js'
import type { Platform as TokenPlatform } from '../platform.js'
import { type TokenAnswer, tokenUnavailable } from '../token-answer.js'
import type { RedisClient } from '../token-store.js'
import { askWithToken } from './ask-with-token.js'
import { type AuthorizerParts, fetchAuthorizerToken } from './authorizer-token.js'
import { type Budget, createBudget } from './budget.js'
import { accountOf, createComponentTokens } from './component-token.js'
import { type Authorisation, createMemberships, type Memberships } from './memberships.js'
import { createMerchantRecords, type MerchantRecords } from './merchant-records.js'
import type { CallTerms } from './platform-call.js'
import { authorizerListRequest, authorizerTokenRequest, queryAuthRequest } from './platform-url.js'
import { createReissuedTokens } from './reissued-tokens.js'
import { createTicketBox, TICKET_LIFE_MS, type TicketBox } from './ticket-box.js'
import { createVaultWriters } from './vault-writers.js'

export interface PlatformTerms extends CallTerms {
  readonly component: Component
  readonly redis: RedisClient
  readonly namespace: string
  /** Names this host, whose address WeChat may refuse; by default as the system does. */
  readonly host?: string
  readonly vault: Vault
}

export interface TicketState {
  /** Epoch ms, by WeChat's clock. */
  readonly madeAtMs: number
  readonly goodUntilMs: number
}

export interface Platform extends TokenPlatform {
  readonly component: Component
  /** Those that have authorised it and not withdrawn, in order. */
  merchants(): Promise<readonly AppId[]>
  /** Another text after each change of `merchants`; null when none is known. */
  merchantsVersion(): Promise<string | null>
  /** The merchant; its refresh token is durable and the list has it. Throws WaitFault or HoldFault. */
  authorise(authorisation: Authorisation, signal?: AbortSignal): Promise<AppId>
  /** Takes the merchant off the list. An event older than what is known changes nothing. */
  withdraw(appid: AppId, atMs?: number, signal?: AbortSignal): Promise<void>
  /** `atMs`: when WeChat made it; one older than the kept one is let go. */
  takeTicket(ticket: Secret, atMs?: number, signal?: AbortSignal): Promise<void>
  /** null: none has come yet. */
  ticketState(): Promise<TicketState | null>
}

/** WeChat waits five seconds for the answer to a push. */
const EVENT_MS = 4_500
const never = new AbortController().signal

export function createPlatform(terms: PlatformTerms): Platform {
  const { component, redis, clock } = terms
  const { merchants: version } = platformKeys(terms.namespace, component.appid)
  const changed = async () => void (await asking(() => redis.set(version, randomUUID())))
  const { tokens, tickets, records, authorizer, memberships } = partsOf(terms, changed)
  const forEvent = (signal = never): Budget => createBudget(clock, EVENT_MS, signal)
  return {
    component,
    appSecret: component.appSecret,
    async authorizerToken(appid, totalMs, signal) {
      try {
        return await fetchAuthorizerToken(authorizer, appid, createBudget(clock, totalMs, signal))
      } catch (reason) {
        return answerOf(reason, momentOf(terms))
      }
    },
    merchants: () => records.list(),
    merchantsVersion: () => asking(() => redis.get(version)),
    authorise: (authorisation, signal) => memberships.authorise(authorisation, forEvent(signal)),
    withdraw: (appid, atMs = 0, signal) => memberships.withdraw(appid, atMs, forEvent(signal)),
    async takeTicket(value, atMs = clock.now(), signal) {
      if (await tickets.take({ value, madeAtMs: atMs }, forEvent(signal))) await tokens.lift()
    },
    async ticketState() {
      const ticket = await tickets.read()
      if (ticket === null) return null
      return { madeAtMs: ticket.madeAtMs, goodUntilMs: ticket.madeAtMs + TICKET_LIFE_MS }
    },
  }
}

interface Parts {
  readonly tokens: ReturnType<typeof createComponentTokens>
  readonly tickets: TicketBox
  readonly records: MerchantRecords
  readonly authorizer: AuthorizerParts
  readonly memberships: Memberships
}

function partsOf(terms: PlatformTerms, changed: () => Promise<void>): Parts {
  const { component, redis, namespace, vault, clock, random } = terms
  const { appid: id } = component
  const account = accountOf(component)
  const writers = createVaultWriters(terms)
  const tickets = createTicketBox(terms, writers)
  const tokens = createComponentTokens(terms, tickets)
  const records = createMerchantRecords(id, vault)
  const ask = askWithToken(terms, tokens)
  const askPage = (offset: number, budget: Budget) =>
    ask('authorizer_list', account, budget, (token) => authorizerListRequest(id, token, offset))
  const reissued = createReissuedTokens({ ...terms, askPage }, writers)
  const shared = { writers, records, reissued }
  const authorizer: AuthorizerParts = {
    ...{ ...shared, clock, random, joined: changed },
    ask: (appid, refreshToken, budget) =>
      ask('authorizer_token', appid, budget, (token) =>
        authorizerTokenRequest(id, token, appid, refreshToken),
      ),
  }
  const memberships = createMemberships({
    ...{ ...shared, changed, moment: () => momentOf(terms) },
    forgetToken: async (appid) => void (await asking(() => redis.del(appKeys(namespace, appid).token))),
    ask: (code, merchant, budget) =>
      ask('query_auth', merchant ?? account, budget, (token) => queryAuthRequest(id, token, code)),
  })
  return { tokens, tickets, records, authorizer, memberships }
}

const momentOf = ({ clock, random }: PlatformTerms): Moment => ({ nowMs: clock.now(), random: random() })

/** Faults are answers, save for one that ends the process. */
function answerOf(reason: unknown, moment: Moment): TokenAnswer {
  if (!isFault(reason) || reason.kind === 'halt') throw reason
  const isToken = reason.kind === 'wait' || reason.kind === 'hold'
  const fault = isToken ? reason : tokenUnavailable(reason.code, moment, reason)
  return { kind: 'fault', fault, errcode: reason.code }
}
