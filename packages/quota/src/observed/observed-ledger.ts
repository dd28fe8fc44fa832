/** What must outlive Redis of observed quotas: what was told, and how often was asked today. */
import type { AppId, Records } from '@sunpress/core'

export interface ObservedLedger {
  read(app: AppId): Promise<Readonly<Record<string, string>>>
  record(app: AppId, fields: Readonly<Record<string, string>>): Promise<void>
}

export const observedFile = (app: AppId): string => `apps/${app}/observed-quota.json`

const KEPT = /^(day|asked|not_before|(due|at|told):[a-z]+)$/

export function createObservedLedger(records: Records): ObservedLedger {
  return {
    async read(app) {
      const bytes = await records.read(observedFile(app))
      if (bytes === null) return {}
      const { fields } = JSON.parse(new TextDecoder().decode(bytes)) as { fields: Record<string, string> }
      return fields
    },
    async record(app, all) {
      const fields = Object.fromEntries(Object.entries(all).filter(([name]) => KEPT.test(name)))
      await records.put(observedFile(app), new TextEncoder().encode(JSON.stringify({ v: 1, fields })))
    },
  }
}
