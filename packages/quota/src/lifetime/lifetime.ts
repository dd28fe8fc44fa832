/**
 * What WeChat allows an app for its lifetime: 100,000 parameter sets of getwxacode and createwxaqrcode together, and 60,000 pages of
 * getwxacodeunlimit that it doesn't check. New ones beyond our share are refused without a call; known ones go on.
 * Not promised: that nobody else uses them up; Num-Used, where WeChat sends it, tells.
 */
import {
  type AnyFault,
  type AppId,
  type CallOutcome,
  type Clock,
  type PermitAsk,
  type Records,
  RefuseFault,
} from '@sunpress/core'
import type { Redis, TallyKind } from '@sunpress/redis'
import type { Counted, CountedPass } from '../gate/counted.js'
import { LIFETIME_FULL } from '../gate/judge-refusal.js'
import { type CountedItem, parameterSet, uncheckedPage } from './parameter-set.js'
import { type LifetimePlan, planSets } from './plan-lifetime.js'
import { createTally, type Tally } from './tally.js'
import type { SaidCount, SaidFull } from './tally-scripts.js'

/** Distinct pages with check_path false. Source: WeChat's documents of getUnlimitedQRCode. */
export const UNCHECKED_PAGES = 60_000

export interface LifetimeOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** The ledger. */
  readonly records: Records
  /** The quota itself and our share of it, above 0 up to 1. */
  readonly limitOf: (app: AppId) => { readonly codes: number; readonly share: number }
  readonly observer?: LifetimeObserver
}

export interface LifetimeObserver {
  /** What WeChat gave a picture for is counted in Redis but not in the ledger yet. */
  unrecorded?(app: AppId, fault: unknown): void
  /** WeChat's own number could not be noted. */
  unnoted?(app: AppId, fault: unknown): void
}

export interface LifetimeUse {
  /** As far as is known: the greater of ours, and WeChat's number with what we have counted since. */
  readonly used: number
  /** Counted by us. */
  readonly ours: number
  /** The quota itself. */
  readonly limit: number
  /** From here on new ones are refused. */
  readonly refusedFrom: number
  /** WeChat refused a new one (45029). */
  readonly full: SaidFull | null
  /** WeChat's number (Num-Used), and ours at that time. */
  readonly said: SaidCount | null
  /** WeChat's number less ours: above 0, others use this app's codes too; below, WeChat counts otherwise. 0 when it says none. */
  readonly disagreement: number
}

export interface Lifetime {
  /** For createCallGate. */
  readonly counted: readonly Counted[]
  /** For the code API's observer: WeChat's header Num-Used. Never throws. */
  numUsed(app: AppId, used: number): void
  /** Throws WaitFault while the count is being rebuilt, or Redis or the ledger can't be asked. */
  read(app: AppId, kind?: TallyKind): Promise<LifetimeUse>
  /** What a campaign's parameter sets would add; see parameterSet. */
  plan(app: AppId, sets: AsyncIterable<CountedItem> | Iterable<CountedItem>): Promise<LifetimePlan>
  /** Forgets that WeChat said 45029, and its number: new ones are tried again. */
  reopen(app: AppId, kind?: TallyKind): Promise<void>
}

export function createLifetime(options: LifetimeOptions): Lifetime {
  const { observer } = options
  const terms = { ...options, unrecorded: (app: AppId, fault: unknown) => observer?.unrecorded?.(app, fault) }
  const tallies = { codes: createTally('codes', terms), pages: createTally('pages', terms) }
  const limitOf = (app: AppId, kind: TallyKind) => {
    const { codes, share } = options.limitOf(app)
    const limit = kind === 'codes' ? codes : UNCHECKED_PAGES
    return { limit, refusedFrom: Math.floor(limit * share) }
  }
  return {
    counted: [
      createCounted(tallies.codes, CODES, (app) => limitOf(app, 'codes').refusedFrom),
      createCounted(tallies.pages, PAGES, (app) => limitOf(app, 'pages').refusedFrom),
    ],
    numUsed(app, used) {
      tallies.codes.sayCount(app, used).catch((fault) => observer?.unnoted?.(app, fault))
    },
    async read(app, kind = 'codes') {
      const { used, ours, full, said } = await tallies[kind].read(app)
      const disagreement = said === null ? 0 : said.count - said.ours
      return { used, ours, ...limitOf(app, kind), full, said, disagreement }
    },
    plan: (app, sets) => planSets(tallies.codes, app, sets, limitOf(app, 'codes').limit),
    reopen: (app, kind = 'codes') => tallies[kind].unsay(app),
  }
}

interface CountedTerms {
  readonly itemOf: (ask: PermitAsk) => CountedItem | null
  readonly code: string
  readonly what: string
}

const CODES: CountedTerms = {
  itemOf: ({ lane, call }) => (lane === 'limited' ? parameterSet(call) : null),
  code: 'lifetime_quota',
  what: 'codes of getwxacode and createwxaqrcode',
}

const PAGES: CountedTerms = {
  itemOf: ({ lane, call: { look } }) =>
    lane === 'unlimited' && !look.checkPath && look.page !== null ? uncheckedPage(look.page) : null,
  code: 'page_quota',
  what: 'pages with checkPath false',
}

function createCounted(tally: Tally, terms: CountedTerms, limitOf: (app: AppId) => number): Counted {
  return {
    async enter(ask): Promise<CountedPass> {
      const item = terms.itemOf(ask)
      if (item === null) return null
      const limit = limitOf(ask.app)
      const standing = await tally.reserve(ask.app, item, limit)
      if (standing.kind !== 'full') return { known: standing.kind === 'known' }
      const why = standing.saidSo ? 'WeChat makes no new ones (45029)' : `our share is ${limit}`
      throw new RefuseFault(
        terms.code,
        `the app has used ${standing.used} ${terms.what} of its lifetime, and ${why}; those made before are still free`,
      )
    },
    answered: async (ask, pass, outcome) => {
      const item = pass === null ? null : terms.itemOf(ask)
      if (pass === null || item === null) return null
      if (outcome === 'passed') await tally.count(ask.app, item)
      else if (!pass.known) await tally.release(ask.app, item)
      return isFull(outcome) ? await saidFull(tally, terms, ask, outcome) : null
    },
  }
}

async function saidFull(
  tally: Tally,
  { code }: CountedTerms,
  { app }: PermitAsk,
  fault: RefuseFault,
): Promise<AnyFault> {
  await tally.sayFull(app)
  return fault.code === code ? fault : new RefuseFault(code, fault.message, fault.words)
}

const isFull = (outcome: CallOutcome): outcome is RefuseFault =>
  typeof outcome !== 'string' && outcome.kind === 'refuse' && outcome.words?.errcode === LIFETIME_FULL
