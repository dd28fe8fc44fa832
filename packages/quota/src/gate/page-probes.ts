/**
 * One call for each page finds out whether WeChat knows it, before all others of that page go.
 * Promises: one probe at a time in the whole fleet; a page that passed is good for a day after its last passes, and no process asks
 * Redis about it more than once a minute. A probe whose worker dies is free again when its claim ends.
 */
import { randomUUID } from 'node:crypto'
import { type AppId, type Clock, type PageRef, WaitFault } from '@sunpress/core'
import { appKeys, type Redis } from '@sunpress/redis'
import { createGateScripts } from './gate-scripts.js'
import { pageHash } from './gate-target.js'

export interface PageProbeOptions {
  readonly redis: Redis
  readonly namespace: string
  readonly clock: Clock
  /** A probe that says nothing for so long is given up. */
  readonly claimMs: number
  /** Those who wait for a probe come again after so long. */
  readonly waitMs: number
  readonly goodForMs: number
  /** A process believes so long, without asking, that a page is good. */
  readonly believedMs: number
}

/** What a call through a page's gate must tell when it is answered. */
export interface PagePass {
  /** null: the page is known to be good. */
  readonly claim: string | null
  /** The page has been good for a while: a picture renews it. */
  readonly renews: boolean
}

export interface PageProbes {
  /** Throws WaitFault `page_probe` while another call finds out. */
  enter(app: AppId, page: PageRef): Promise<PagePass>
  passed(app: AppId, page: PageRef, pass: PagePass): Promise<void>
  /** The call told nothing about the page. */
  unknown(app: AppId, page: PageRef, pass: PagePass): Promise<void>
  /** This process no longer believes that the page is good. */
  forget(app: AppId, page: PageRef): void
}

const KNOWN: PagePass = { claim: null, renews: false }
const RENEW: PagePass = { claim: null, renews: true }
/** Of those believed to be good; the longest known goes first. */
const MOST_PAGES = 10_000

export function createPageProbes(options: PageProbeOptions): PageProbes {
  const { clock, namespace, goodForMs } = options
  const scripts = createGateScripts(options.redis)
  const goodUntilMs = new Map<string, number>()
  const busyUntilMs = new Map<string, number>()
  const keyOf = (app: AppId, page: PageRef) => appKeys(namespace, app).page(pageHash(page))
  /** Cheaper than a key: asked for each scene. */
  const nameOf = (app: AppId, { page, envVersion }: PageRef) => `${app} ${envVersion} ${page}`
  const stands = (untilMs: number | undefined) => untilMs !== undefined && clock.monotonic() < untilMs

  const believe = (name: string, forMs: number) => {
    goodUntilMs.delete(name)
    const first = goodUntilMs.size >= MOST_PAGES ? goodUntilMs.keys().next().value : undefined
    if (first !== undefined) goodUntilMs.delete(first)
    goodUntilMs.set(name, clock.monotonic() + Math.min(forMs, options.believedMs))
  }

  const busy = (name: string) => {
    if (busyUntilMs.size >= MOST_PAGES) busyUntilMs.clear()
    busyUntilMs.set(name, clock.monotonic() + options.waitMs / 2)
  }
  const probing = () =>
    new WaitFault('page_probe', 'another call finds out whether WeChat knows the page', options.waitMs)

  return {
    async enter(app, page) {
      const name = nameOf(app, page)
      if (stands(goodUntilMs.get(name))) return KNOWN
      // Thousands may wait for one probe: few of them ask Redis.
      if (stands(busyUntilMs.get(name))) throw probing()
      const claim = randomUUID()
      const reply = await scripts.claimPage(keyOf(app, page), claim, options.claimMs)
      if (reply.kind === 'probing') {
        busy(name)
        throw probing()
      }
      if (reply.kind === 'claimed') return { claim, renews: true }
      believe(name, reply.leftMs)
      return reply.leftMs < goodForMs / 2 ? RENEW : KNOWN
    },
    async passed(app, page, pass) {
      if (!pass.renews) return
      await scripts.settlePage(keyOf(app, page), '', goodForMs)
      believe(nameOf(app, page), goodForMs)
      busyUntilMs.delete(nameOf(app, page))
    },
    async unknown(app, page, { claim }) {
      if (claim === null) return
      busyUntilMs.delete(nameOf(app, page))
      await scripts.settlePage(keyOf(app, page), claim, 0)
    },
    forget(app, page) {
      goodUntilMs.delete(nameOf(app, page))
    },
  }
}
