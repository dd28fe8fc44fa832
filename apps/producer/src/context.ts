/** What the API works with. Everything is handed in; app.ts makes nothing of its own. */
import type { App, AppId, CodeStore, Hold, Lane } from '@sunpress/core'
import type { ManifestLedger } from '@sunpress/ledger'
import type { ReaderParts } from './campaigns/campaign-reader.js'
import type { CreateParts } from './campaigns/create-campaign.js'
import type { IdempotencyParts } from './campaigns/idempotency.js'
import type { ErrorObserver } from './errors.js'
import type { ApiKeys } from './security/api-keys.js'

export interface RequestObserver extends ErrorObserver {
  /** `route` is the pattern, never the path. */
  answered(method: string, route: string, status: number): void
}

export type TokenState = 'cached' | 'none' | 'unknown'

export interface ApiContext extends CreateParts, ReaderParts, IdempotencyParts {
  readonly apps: readonly App[]
  readonly manifests: ManifestLedger
  readonly codes: CodeStore
  /** null: only this machine is answered. */
  readonly keys: ApiKeys | null
  /** Where the store's codes/ is served; null: here. */
  readonly publicUrl: string | null
  readonly readHold: (app: AppId, lane: Lane) => Promise<Hold | null>
  readonly tokenStateOf: (app: AppId) => Promise<TokenState>
  readonly observer: RequestObserver
}
