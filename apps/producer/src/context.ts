/** What the API works with. Everything is handed in; app.ts makes nothing of its own. */
import type { AppBook, AppId, CodeId, CodeStore, Hold, HoldTarget } from '@sunpress/core'
import type { BitsLedger, ClearLedger, KnownLook, ManifestLedger, ScheduleLedger } from '@sunpress/ledger'
import type { QuotaReading } from '@sunpress/telemetry'
import type { TokenState } from '@sunpress/wechat'
import type { ReaderParts } from './campaigns/campaign-reader.js'
import type { CreateParts } from './campaigns/create-campaign.js'
import type { IdempotencyParts } from './campaigns/idempotency.js'
import type { ErrorObserver } from './errors.js'
import type { PushParts } from './platform/take-push.js'
import type { HeaderSecrets } from './schedules/source-headers.js'
import type { ApiKeys } from './security/api-keys.js'

export interface RequestObserver extends ErrorObserver {
  /** `route` is the pattern, never the path. */
  answered(method: string, route: string, status: number): void
  /** Something that is kept can't be read, and is left out of an answer. */
  leftOut(what: string, fault: unknown): void
}

export type ClearAnswer =
  | { readonly kind: 'cleared' }
  /** Nobody knows: it was asked, and no answer came that says. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** WeChat counts ten this month, whoever made them. */
  | { readonly kind: 'exhausted'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }

export interface ApiContext extends CreateParts, ReaderParts, IdempotencyParts {
  readonly apps: AppBook
  readonly manifests: ManifestLedger
  readonly bits: BitsLedger
  readonly codes: CodeStore
  /** null: only this machine is answered. */
  readonly keys: ApiKeys | null
  /** Where the store's codes/ is served; null: here. */
  readonly publicUrl: string | null
  readonly liftHold: (target: HoldTarget) => Promise<void>
  /** sha256 of what was printed again under this code's key. */
  readonly replacementsOf: (code: CodeId) => Promise<readonly string[]>
  /** Those that can be read. */
  readonly looksOf: (app: AppId) => Promise<readonly KnownLook[]>
  readonly clears: ClearLedger
  /** New codes of the limited endpoints are tried again, although WeChat had said that there are no more. */
  readonly reopenLifetime: (app: AppId) => Promise<void>
  /** The day's calls count from 0 again, and WeChat is asked for its own count. */
  readonly restartDay: (app: AppId) => Promise<void>
  /** WeChat is asked for its own count before the next calls. */
  readonly recount: (app: AppId) => Promise<void>
  /** One call to WeChat. What it throws means that nothing was cleared. */
  readonly clearQuota: (app: AppId) => Promise<ClearAnswer>
  readonly readQuotas: (app: AppId) => Promise<QuotaReading>
  readonly readHolds: (app: AppId) => Promise<readonly Hold[]>
  readonly tokenStateOf: (app: AppId) => Promise<TokenState>
  readonly schedules: ScheduleLedger
  /** What the headers of sources may be. */
  readonly secrets: HeaderSecrets
  /** Something has changed: at one schedule, or at all. Never throws. */
  readonly wakeScheduler: (name?: string) => void
  readonly observer: RequestObserver
  /** Where third-party platforms may be configured. */
  readonly pushes?: PushParts
}
