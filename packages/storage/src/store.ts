import type { Clock, CodeStore, Records } from '@sunpress/core'

/** One store seen through both ports. */
export interface Store {
  readonly codes: CodeStore
  readonly records: Records
  /** What it is called in messages: "file:/data", "s3://bucket/prefix". */
  readonly where: string
  /** Proves create-only; HaltFault when this process must not run on this store. */
  prove(): Promise<void>
  /** Removes what crashed puts left behind and is older; resolves with how many. */
  sweep(olderThanMs: number): Promise<number>
  /** Twice without harm. */
  close(): Promise<void>
}

export interface StoreContext {
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
}
