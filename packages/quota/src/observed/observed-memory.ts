/**
 * What WeChat told of quotas, as this process knows it: some seconds behind Redis, and all there is while Redis is away. What was known
 * last stands until something newer is told; where Redis has forgotten, the ledger's is brought back.
 */
import { type AppId, type Clock, type UpstreamEndpoint, WaitFault } from '@sunpress/core'
import { observedIn } from './observed-scripts.js'
import { ENDPOINTS, newerOf, type ObservedEndpoint } from './quota-told.js'

export interface ObservedMemory {
  /** Answers at once; what is old is read anew meanwhile. */
  told(app: AppId, endpoint: UpstreamEndpoint): ObservedEndpoint | null
  refresh(app: AppId): Promise<void>
  /** Resolves when it was read once. Throws WaitFault when Redis or the ledger can't be asked, `quota_unread` when that takes long. */
  known(app: AppId): Promise<void>
}

const FRESH_MS = 5_000
const PATIENCE_MS = 1_000

interface Known {
  readonly told: ReadonlyMap<UpstreamEndpoint, ObservedEndpoint>
  readonly atMs: number
}

/** `read`: all fields of an app, the ledger's included. */
export function createObservedMemory(
  read: (app: AppId) => Promise<Readonly<Record<string, string>>>,
  clock: Clock,
): ObservedMemory {
  const known = new Map<AppId, Known>()
  const reading = new Map<AppId, Promise<void>>()

  const readNow = async (app: AppId): Promise<void> => {
    const fields = await read(app)
    const before = known.get(app)?.told
    const told = ENDPOINTS.flatMap((endpoint) => {
      const one = newerOf(before?.get(endpoint) ?? null, observedIn(fields, endpoint), clock.now())
      return one === null ? [] : [[endpoint, one] as const]
    })
    known.set(app, { told: new Map(told), atMs: clock.monotonic() })
  }

  const refresh = (app: AppId): Promise<void> => {
    const flight = reading.get(app) ?? readNow(app).finally(() => reading.delete(app))
    reading.set(app, flight)
    return flight
  }

  return {
    told(app, endpoint) {
      const found = known.get(app)
      if (found === undefined || clock.monotonic() - found.atMs > FRESH_MS) refresh(app).catch(() => {})
      return found?.told.get(endpoint) ?? null
    },
    refresh,
    async known(app) {
      if (known.has(app)) return
      await within(PATIENCE_MS, clock, refresh(app))
    },
  }
}

async function within(ms: number, clock: Clock, work: Promise<void>): Promise<void> {
  const patience = new AbortController()
  const tooLong = clock.sleep(ms, patience.signal).then(() => {
    throw new WaitFault('quota_unread', "what WeChat told of this app's quotas is still being read", 1_000)
  })
  tooLong.catch(() => {})
  await Promise.race([work, tooLong]).finally(() => patience.abort())
}
