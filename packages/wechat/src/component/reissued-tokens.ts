/**
 * Refresh tokens out of api_get_authorizer_list, which gives new ones to all merchants that it names. Promises that they are in
 * the vault before one is used, so that mending one merchant doesn't break the others: they find theirs here.
 */
import { type AppId, isAppId, Secret } from '@sunpress/core'
import type { Budget } from './budget.js'
import { notAsAsked, type PlatformAnswer } from './platform-answer.js'
import { LIST_PAGE } from './platform-url.js'
import { unlessDamaged } from './unless-damaged.js'
import { recordName, type VaultWriters, type WriterTerms } from './vault-writers.js'

export interface ReissuedTokens {
  /**
   * The merchant's token of the last list, if that was later than `newerThan`; then, if more is asked for, that of a new list.
   * Throws WaitFault or HoldFault.
   */
  offer(appid: AppId, newerThan: number, budget: Budget): AsyncGenerator<Secret>
}

export interface ReissuedTerms extends WriterTerms {
  /** One page of the list. */
  readonly askPage: (offset: number, budget: Budget) => Promise<PlatformAnswer>
}

type Tokens = Readonly<Record<string, string>>

interface List {
  readonly seq: number
  readonly tokens: Tokens
}

const RECORD = 'reissued'
/** 100,000 merchants; beyond, something is wrong with the pages. */
const MOST_PAGES = 200

export function createReissuedTokens(terms: ReissuedTerms, writers: VaultWriters): ReissuedTokens {
  const { component, vault, clock, random } = terms

  const readList = async (): Promise<List> => {
    const record = await vault.read(recordName(component.appid, RECORD)).catch(unlessDamaged)
    if (record === null) return { seq: 0, tokens: {} }
    const { tokens } = JSON.parse(record.text.reveal()) as { tokens: Tokens }
    return { seq: record.seq, tokens }
  }

  const askList = async (budget: Budget): Promise<Tokens> => {
    const tokens: Record<string, string> = {}
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await terms.askPage(page * LIST_PAGE, budget)
      if (answer.kind === 'fault') throw answer.fault
      const rows = answer.json['list']
      if (!Array.isArray(rows)) throw notAsAsked('list', { nowMs: clock.now(), random: random() }).fault
      for (const row of rows) Object.assign(tokens, tokenIn(row))
      if (rows.length < LIST_PAGE) break
    }
    return tokens
  }

  /** Somebody else's list will do, if it came while we waited for our turn. */
  const renewList = (newerThan: number, budget: Budget): Promise<Tokens> =>
    writers.write(RECORD, budget, async ({ put }) => {
      const list = await readList()
      if (list.seq > newerThan) return list.tokens
      const tokens = await askList(budget)
      await put(new Secret(JSON.stringify({ v: 1, tokens })))
      return tokens
    })

  return {
    async *offer(appid, newerThan, budget) {
      const kept = await readList()
      const token = kept.seq > newerThan ? kept.tokens[appid] : undefined
      if (token !== undefined) yield new Secret(token)
      const renewed = (await renewList(Math.max(newerThan, kept.seq), budget))[appid]
      if (renewed !== undefined) yield new Secret(renewed)
    },
  }
}

function tokenIn(row: unknown): Tokens {
  const { authorizer_appid: appid, refresh_token: token } = (row ?? {}) as Record<string, unknown>
  return isAppId(appid) && typeof token === 'string' && token !== '' ? { [appid]: token } : {}
}
