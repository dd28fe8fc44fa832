/** The store and its ledger, for the commands that look into them without a producer. */
import type { Clock, CodeStore, Records } from '@sunpress/core'
import {
  type BitsLedger,
  type CampaignLedger,
  createBitsLedger,
  createCampaignLedger,
  createManifestLedger,
  type ManifestLedger,
} from '@sunpress/ledger'
import { type Environment, readStoreConfig, systemClock } from '@sunpress/runtime'
import { openConfiguredStores } from '@sunpress/storage'

export interface Audit {
  readonly campaigns: CampaignLedger
  readonly manifests: ManifestLedger
  readonly bits: BitsLedger
  readonly codes: CodeStore
  readonly records: Records
  readonly clock: Clock
}

/** Throws ConfigFault for what the environment lacks. */
export async function withAudit<T>(
  env: Environment,
  parallel: number,
  use: (audit: Audit) => Promise<T>,
): Promise<T> {
  const stores = await openConfiguredStores(readStoreConfig(env), {
    clock: systemClock,
    maxSockets: parallel,
  })
  const { codes, records } = stores
  try {
    const campaigns = createCampaignLedger(records)
    return await use({
      campaigns,
      manifests: createManifestLedger(records),
      bits: createBitsLedger(records),
      codes,
      records,
      clock: systemClock,
    })
  } finally {
    await stores.close()
  }
}

/** Aborts on Ctrl-C, so that what is under way ends in order; a second one ends the process. */
export function interruption(): { readonly signal: AbortSignal; done(): void } {
  const ending = new AbortController()
  const stop = () => ending.abort(new Error('interrupted'))
  process.once('SIGINT', stop)
  return { signal: ending.signal, done: () => void process.removeListener('SIGINT', stop) }
}
