/** What the API answers, as far as the commands read it; more fields may come. */

export interface Counts {
  readonly total: number
  readonly published: number
  readonly reused: number
  readonly refused: number
  readonly cancelled: number
  readonly pending: number
  /** Bad rows left out on request; outside of total. */
  readonly skipped?: number
}

export interface Campaign {
  readonly id: string
  readonly app: string
  readonly name: string
  readonly state: 'planning' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'
  readonly waitingReason: string | null
  readonly etaSeconds: number | null
  readonly counts: Counts
  readonly createdAt: string
  readonly finishedAt: string | null
  readonly ignoredColumns?: readonly string[]
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** A published row of a manifest, and what is known of a code by its id. */
export interface Code {
  readonly codeId: string
  readonly url: string
  readonly bytes: number
  readonly sha256: string
}

/** What was wrong with a request (RFC 9457), as far as it was told. */
export interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly ProblemEntry[]
  /** All of them; `errors` holds the first 1,000. */
  readonly errorCount?: number
}

export interface ProblemEntry {
  readonly line?: number
  readonly pointer?: string
  readonly field?: string
  readonly message?: string
}

export const FINAL_STATES: ReadonlySet<Campaign['state']> = new Set<Campaign['state']>([
  'completed',
  'cancelled',
  'failed',
])
