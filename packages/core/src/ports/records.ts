export interface RecordPage {
  /** Full keys, ascending by code point; with `folders` also names ending in "/". */
  readonly keys: readonly string[]
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null
}

export interface ListOptions {
  /** Only keys behind this one. */
  readonly after?: string
  /** At most 1,000, the default. */
  readonly limit?: number
  /** Fold what lies deeper than the next "/" after the prefix into one name that ends in "/". */
  readonly folders?: boolean
}

/**
 * The ledger's files. All are written whole and are durable when a call resolves; nobody sees half of one.
 * Throws as CodeStore does.
 */
export interface Records {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** One winner among any number of processes. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'existed'>
  read(key: string): Promise<Uint8Array | null>
  /** Bytes from `from` to `to`, both included, cut at the end of the file; null when absent. */
  readRange(key: string, from: number, to: number): Promise<Uint8Array | null>
  list(prefix: string, options?: ListOptions): Promise<RecordPage>
  remove(key: string): Promise<void>
}
