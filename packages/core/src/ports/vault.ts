import type { Secret } from '../secret.js'

/** One record in the clear: `text` is never logged. */
export interface VaultRecord {
  /** The fence of the lease under which it was written: later writers have greater ones. */
  readonly seq: number
  readonly text: Secret
}

/**
 * Secrets that outlive Redis, encrypted in the ledger: tickets and refresh tokens. Throws as Records does; also HaltFault
 * `vault_key` where the key is another one than the record was written with, and HoldFault `vault_damaged` (reason token) for
 * a record that was altered.
 */
export interface Vault {
  /** Names are parts of a-z, 0-9 and "-", joined by "/". null: there is none. */
  read(name: string): Promise<VaultRecord | null>
  /**
   * Whole and durable when it resolves. `overtaken`: a record of a greater `seq` stands, and stays. The store knows no
   * compare-and-set, so writers of one record hold its lease; `seq` catches the one that woke up late.
   */
  put(name: string, record: VaultRecord): Promise<'written' | 'overtaken'>
  /** Names that begin so, in order. */
  list(prefix: string): AsyncIterable<string>
}
