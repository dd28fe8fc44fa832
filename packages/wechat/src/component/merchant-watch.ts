/**
 * Tells a process when the list of a platform's merchants has changed, wherever the event came in. Promises to tell within some
 * seconds while Redis answers, and to look at the vault itself now and then, so that an event whose telling was lost is
 * heard of too. Asks by poll: that survives failovers without a word.
 */
import { type AppId, type Clock, type ComponentId, HaltFault, WaitFault } from '@sunpress/core'
import type { Platform } from './platform.js'
import type { PlatformBook } from './platforms.js'

export interface MerchantSource {
  /** Those that have authorised the platform, in order; none for a platform that is not configured. */
  list(component: ComponentId): Promise<readonly AppId[]>
  /** Called with the list when it may have changed; gives the function that ends it. */
  onChange(listener: MerchantListener): () => void
}

export type MerchantListener = (component: ComponentId, merchants: readonly AppId[]) => void

export interface MerchantWatch extends MerchantSource {
  /** Resolves when every platform has been looked at once. Throws HaltFault, such as `vault_key`; any other fault is told of. */
  start(): Promise<void>
  /** Twice without harm. */
  stop(): Promise<void>
}

export interface MerchantWatchTerms {
  readonly platforms: PlatformBook
  readonly clock: Clock
  /** By default 3 s. */
  readonly everyMs?: number
  /** By default 30 min: a look reads a file a merchant. */
  readonly relistMs?: number
  /** A look that failed; the next one comes. */
  readonly onFault?: (component: ComponentId, fault: unknown) => void
}

export function createMerchantWatch(terms: MerchantWatchTerms): MerchantWatch {
  const { platforms, clock, everyMs = 3_000, relistMs = 30 * 60_000 } = terms
  const listeners = new Set<MerchantListener>()
  const seen = new Map<ComponentId, { readonly version: string | null; readonly atMs: number }>()
  const ending = new AbortController()
  let running: Promise<void> | null = null

  const lookAt = async (platform: Platform, isFirst: boolean): Promise<void> => {
    const component = platform.component.appid
    try {
      const version = await platform.merchantsVersion()
      const last = seen.get(component)
      const isDue = last === undefined || clock.monotonic() - last.atMs >= relistMs
      if (!isDue && last.version === version) return
      const merchants = await platform.merchants()
      seen.set(component, { version, atMs: clock.monotonic() })
      for (const listener of listeners) listener(component, merchants)
    } catch (fault) {
      terms.onFault?.(component, fault)
      if (isFirst && fault instanceof HaltFault) throw fault
    }
  }

  const look = async (isFirst = false): Promise<void> => {
    await Promise.all(platforms.all().map((platform) => lookAt(platform, isFirst)))
  }

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await clock.sleep(everyMs, ending.signal).catch(() => {})
      if (!ending.signal.aborted) await look()
    }
  }

  return {
    list: async (component) => (await platforms.find(component)?.merchants()) ?? [],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async start() {
      if (running !== null) return
      const first = look(true)
      running = first.then(run, () => {})
      await first
    },
    async stop() {
      ending.abort(new WaitFault('stopping', 'stopping', 0))
      await running
    },
  }
}
