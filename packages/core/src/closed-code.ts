/**
 * Close-then-publish as a type: only a store makes a ClosedCode, after the bytes are whole, durable and visible, and
 * publishing accepts nothing else. test/unit/architecture.test.ts holds `closeCode` to the storage package.
 */
import type { PictureFormat } from './look.js'

declare const closed: unique symbol

export interface ClosedCode {
  readonly [closed]: true
  readonly key: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly width: number
  readonly format: PictureFormat
  /** Epoch ms at which the store had closed it, by the clock of the store or of the worker that put it. */
  readonly closedAtMs: number
  /** created: this put made it. adopted: another one had, and its bytes stay. */
  readonly origin: 'created' | 'adopted'
}

export type ClosedFacts = Omit<ClosedCode, typeof closed>

/** For stores alone. */
export const closeCode = (facts: ClosedFacts): ClosedCode => ({ ...facts }) as ClosedCode
