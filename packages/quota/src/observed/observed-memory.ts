/** What WeChat told of quotas, as this process knows it: some seconds behind Redis, and all there is while Redis is away. */
import type { AppId, Clock, UpstreamEndpoint } from '@sunpress/core'
import { type ObservedScripts, observedIn } from './observed-scripts.js'
import { ENDPOINTS, type ObservedEndpoint } from './quota-told.js'

export interface ObservedMemory {
  /** Answers at once; what is old is read anew meanwhile. */
  told(app: AppId, endpoint: UpstreamEndpoint): ObservedEndpoint | null
  refresh(app: AppId): Promise<void>
}

const FRESH_MS = 5_000

interface Known {
  readonly told: ReadonlyMap<UpstreamEndpoint, ObservedEndpoint>
  readonly atMs: number
}

export function createObservedMemory(scripts: ObservedScripts, clock: Clock): ObservedMemory {
  const known = new Map<AppId, Known>()
  const reading = new Set<AppId>()

  const refresh = async (app: AppId): Promise<void> => {
    if (reading.has(app)) return
    reading.add(app)
    try {
      const fields = await scripts.fields(app)
      const told = ENDPOINTS.flatMap((endpoint) => {
        const one = observedIn(fields, endpoint)
        return one === null ? [] : [[endpoint, one] as const]
      })
      known.set(app, { told: new Map(told), atMs: clock.monotonic() })
    } finally {
      reading.delete(app)
    }
  }

  return {
    told(app, endpoint) {
      const found = known.get(app)
      if (found === undefined || clock.monotonic() - found.atMs > FRESH_MS) refresh(app).catch(() => {})
      return found?.told.get(endpoint) ?? null
    },
    refresh,
  }
}
