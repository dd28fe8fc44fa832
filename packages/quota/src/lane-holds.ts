/**
 * Holds of lanes and of whole apps: in Redis beside the permits, and in the ledger when they are longer than what a loss of Redis
 * costs anyhow. Each target has one hold; an app's stands beside those of its lanes.
 */
import { type AppId, type Hold, type HoldTarget, LANES, type Lane, type NewHold } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import type { HoldScripts } from './hold-scripts.js'
import type { QuotaLedger } from './quota-ledger.js'
import { WINDOW_MS } from './spacing.js'

export type LaneTarget = Extract<HoldTarget, { readonly scope: 'app' | 'lane' }>

export interface LaneHolds {
  put(target: LaneTarget, hold: NewHold): Promise<void>
  read(app: AppId): Promise<readonly Hold[]>
  lift(target: LaneTarget): Promise<void>
}

export interface LaneHoldsOptions {
  readonly scripts: HoldScripts
  readonly ledger: QuotaLedger
  readonly namespace: string
  /** A long hold stands in Redis but not in the ledger. */
  readonly unrecorded: (target: LaneTarget, fault: unknown) => void
}

/** To the next clock minute and a little more: after a loss of Redis a lane waits as long by itself. */
const RECORDED_FROM_MS = WINDOW_MS + 3_000

export function createLaneHolds({ scripts, ledger, namespace, unrecorded }: LaneHoldsOptions): LaneHolds {
  const keyOf = (target: LaneTarget) => {
    const keys = appKeys(namespace, target.app)
    return target.scope === 'app' ? keys.appHold : keys.permits(target.lane)
  }
  return {
    async put(target, hold) {
      const standing = await scripts.put(keyOf(target), hold)
      if (standing.leftMs <= RECORDED_FROM_MS) return
      try {
        await ledger.recordHold(target.app, nameOf(target), standing)
      } catch (fault) {
        unrecorded(target, fault)
      }
    },
    async read(app) {
      const targets = targetsOf(app)
      const standing = await scripts.read(targets.map(keyOf))
      return targets.flatMap((target, i) => {
        const hold = standing[i] ?? null
        if (hold === null) return []
        return [{ target, reason: hold.reason, untilMs: hold.untilMs, message: hold.message }]
      })
    },
    async lift(target) {
      await ledger.removeHold(target.app, nameOf(target))
      await scripts.lift(keyOf(target))
    },
  }
}

/** The lanes that a hold stops. */
export const lanesOf = (target: LaneTarget): readonly Lane[] =>
  target.scope === 'app' ? LANES : [target.lane]

const nameOf = (target: LaneTarget): Lane | 'app' => (target.scope === 'app' ? 'app' : target.lane)

const targetsOf = (app: AppId): readonly LaneTarget[] => [
  { scope: 'app', app },
  ...LANES.map((lane) => ({ scope: 'lane', app, lane }) as const),
]
