/** What the function answers: how each scene ended, and where it stopped. Pure. */
import {
  type AnyFault,
  isFault,
  type PublishedEvent,
  type RefusedEvent,
  type RowError,
  type Unnumbered,
} from '@sunpress/core'
import type { OrderedRow } from './order.js'

export interface PrintedRow {
  readonly scene: string
  readonly ref?: string
  readonly codeId: string
  readonly key: string
  readonly sha256: string
  readonly bytes: number
  readonly contentType: string
  readonly width: number
  /** It stood in the store already. */
  readonly reused: boolean
}

export interface RefusedRow {
  readonly scene: unknown
  readonly ref?: unknown
  readonly errcode: number | null
  readonly reason: string
  readonly rid: string | null
  /** What is wrong with a row that was not even asked for. */
  readonly errors?: readonly RowError[]
}

export type EndedRow = PrintedRow | RefusedRow

export interface Held {
  readonly reason: string
  readonly message: string | null
  readonly retryAfterMs: number
}

export interface Answer {
  readonly done: boolean
  /** What `from` is next time; null when done. */
  readonly next: number | null
  /** One for each scene from `from` up to `next`, in their order. */
  readonly rows: readonly EndedRow[]
  /** Why the rest has to wait; null: time was up, so that the next call may come at once. */
  readonly held: Held | null
}

export const printedRow = (event: Unnumbered<PublishedEvent>): PrintedRow => ({
  scene: event.scene,
  ...(event.ref === undefined ? {} : { ref: event.ref }),
  codeId: event.codeId,
  key: event.key,
  sha256: event.sha256,
  bytes: event.bytes,
  contentType: event.contentType,
  width: event.width,
  reused: event.reused,
})

export const refusedRow = (event: Unnumbered<RefusedEvent>): RefusedRow => ({
  scene: event.scene,
  ...(event.ref === undefined ? {} : { ref: event.ref }),
  errcode: event.errcode,
  reason: event.reason,
  rid: event.rid,
})

export const badRow = ({ scene, ref }: OrderedRow, errors: readonly RowError[]): RefusedRow => ({
  scene,
  ...(ref === undefined ? {} : { ref }),
  ...{ errcode: null, reason: 'bad_row', rid: null, errors },
})

/** A scene that time was up for, though it had been tried. */
export function failedRow({ scene, ref }: OrderedRow, fault: unknown): RefusedRow {
  const known: AnyFault | null = isFault(fault) ? fault : null
  const words = known !== null && 'words' in known ? known.words : null
  return {
    scene,
    ...(ref === undefined ? {} : { ref }),
    errcode: words?.errcode ?? null,
    reason: known?.code ?? 'unexpected',
    rid: words?.rid ?? null,
  }
}
