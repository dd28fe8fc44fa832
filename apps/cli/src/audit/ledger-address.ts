/** Where campaigns are looked for, and by which variable. Whole: what a relative folder means hangs on where somebody stands. */
import { resolve } from 'node:path'
import { type Environment, readStoreConfig } from '@sunpress/runtime'
import { parseStoreLocation } from '@sunpress/storage'

export function ledgerAddress(env: Environment, cwd: string = process.cwd()): string {
  const { ledger, store } = readStoreConfig(env)
  const location = parseStoreLocation(ledger ?? store)
  const address =
    location.ok && location.value.kind === 'file'
      ? `file:${resolve(cwd, location.value.folder)}`
      : (ledger ?? store)
  return `${address} (${ledger === null ? 'SUNPRESS_STORE' : 'SUNPRESS_LEDGER'})`
}
