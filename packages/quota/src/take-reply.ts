/** What take-permits.lua answers. Pure. */
import type { HoldReason } from '@sunpress/core'

export interface GrantedReply {
  readonly kind: 'granted'
  /** From the moment the script ran to the first slot. */
  readonly firstUs: number
  readonly count: number
  readonly redisNowMs: number
  readonly spacingUs: number
  /** Days in Shanghai since 1970. */
  readonly day: number
  readonly probe: boolean
  /** Calls that the ledger has reserved, when more should be soon. */
  readonly reserveFrom: number | null
}

export type TakeReply =
  | GrantedReply
  | { readonly kind: 'wait'; readonly waitMs: number; readonly redisNowMs: number }
  | {
      readonly kind: 'held'
      readonly waitMs: number
      readonly reason: HoldReason
      readonly redisNowMs: number
    }
  | { readonly kind: 'missing' | 'unsettled'; readonly redisNowMs: number }
  | ReserveReply

export interface ReserveReply {
  readonly kind: 'reserve'
  readonly day: number
  readonly used: number
  readonly reserved: number
  readonly redisNowMs: number
}

export type TakeRow =
  | ['granted', number, number, number, number, number, number, number]
  | ['wait', number, number]
  | ['held', number, HoldReason, number]
  | ['missing' | 'unsettled', number]
  | ['reserve', number, number, number, number]

export function parseTake(row: TakeRow): TakeReply {
  switch (row[0]) {
    case 'granted':
      return parseGranted(row)
    case 'wait':
      return { kind: 'wait', waitMs: row[1] / 1_000, redisNowMs: row[2] / 1_000 }
    case 'held':
      return { kind: 'held', waitMs: row[1], reason: row[2], redisNowMs: row[3] / 1_000 }
    case 'missing':
    case 'unsettled':
      return { kind: row[0], redisNowMs: row[1] / 1_000 }
    case 'reserve':
      return { kind: 'reserve', day: row[1], used: row[2], reserved: row[3], redisNowMs: row[4] / 1_000 }
    default:
      return row satisfies never
  }
}

function parseGranted(row: Extract<TakeRow, ['granted', ...unknown[]]>): GrantedReply {
  const [kind, firstUs, count, nowUs, spacingUs, day, probe, more] = row
  return {
    kind,
    firstUs,
    count,
    redisNowMs: nowUs / 1_000,
    spacingUs,
    day,
    probe: probe === 1,
    reserveFrom: more < 0 ? null : more,
  }
}
