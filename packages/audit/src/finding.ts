/** What an audit finds: one row whose picture isn't what the ledger says. */
import type { CodeId, SceneRow } from '@sunpress/core'

export type FindingKind =
  /** Published, and nothing stands under its key. */
  | 'missing'
  /** Not a whole picture; published, or refused since it stood there (`store_defect`). */
  | 'corrupt'
  /** A whole picture of another format. */
  | 'wrong_type'
  /** A whole picture of another size. */
  | 'wrong_size'
  /** A whole picture as asked for, but not the one that was published. */
  | 'changed'
  /** A picture stands under the key of a scene that this campaign has not published. */
  | 'orphan'

export const FINDING_KINDS: readonly FindingKind[] = [
  'missing',
  'corrupt',
  'wrong_type',
  'wrong_size',
  'changed',
  'orphan',
]

export interface Finding {
  readonly kind: FindingKind
  readonly index: number
  /** As it was asked for. */
  readonly row: SceneRow
  readonly codeId: CodeId
  readonly key: string
  /** Lower-case hex, of what was found; null when nothing was. */
  readonly sha256: string | null
  /** For people: what was expected and what was found. */
  readonly message: string
}

/** Those that a new picture heals; an orphan harms nobody. */
export const isHealable = ({ kind }: Pick<Finding, 'kind'>): boolean => kind !== 'orphan'
