/**
 * Core's Vault over the ledger's files: `vault/<name>.json`, each `{ v, seq, key, sealed }`. Promises that no secret stands in
 * the store in the clear, and that a process with another SUNPRESS_SECRET_KEY says so and overwrites nothing.
 */
import { HaltFault, HoldFault, type Records, type Secret, type Vault } from '@sunpress/core'
import { checkVersion, listAll, toJson, type Versioned } from './files.js'
import { vaultFile, vaultFolder } from './paths.js'
import { createVaultSeal } from './vault-seal.js'

interface VaultFile extends Versioned {
  readonly seq: number
  /** Of the key that it was sealed with. */
  readonly key: string
  readonly sealed: string
}

const VERSION = 1
const NAME = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/
/** Somebody has to look, or to authorise anew. */
const DAMAGED_MS = 600_000

/** `secretKey`: SUNPRESS_SECRET_KEY. */
export function createVault(records: Records, secretKey: Secret): Vault {
  const seal = createVaultSeal(secretKey)

  /** null when absent, `damaged` when it is no file of ours any more. */
  const readFile = async (name: string): Promise<VaultFile | 'damaged' | null> => {
    const bytes = await records.read(fileOf(name))
    if (bytes === null) return null
    const file = parseFile(bytes)
    if (file === null) return 'damaged'
    checkVersion(fileOf(name), file, VERSION)
    if (file.key !== seal.keyId) throw otherKey(name)
    return file
  }

  return {
    async read(name) {
      const file = await readFile(name)
      if (file === null) return null
      const text = file === 'damaged' ? null : seal.open(file.sealed, name, file.seq)
      if (file === 'damaged' || text === null) throw damaged(name)
      return { seq: file.seq, text }
    },
    async put(name, { seq, text }) {
      const there = await readFile(name)
      // What can't be opened has no say: a new record is how it is mended.
      const isReadable =
        there !== null && there !== 'damaged' && seal.open(there.sealed, name, there.seq) !== null
      if (isReadable && there.seq > seq) return 'overtaken'
      const file: VaultFile = { v: VERSION, seq, key: seal.keyId, sealed: seal.seal(text, name, seq) }
      await records.put(fileOf(name), toJson(file))
      return 'written'
    },
    async *list(prefix) {
      for await (const key of listAll(records, vaultFolder + prefix)) {
        if (key.endsWith('.json')) yield key.slice(vaultFolder.length, -'.json'.length)
      }
    },
  }
}

function fileOf(name: string): string {
  if (!NAME.test(name)) throw new TypeError(`vault: no record has the name ${name}`)
  return vaultFile(name)
}

function parseFile(bytes: Uint8Array): VaultFile | null {
  try {
    const file = JSON.parse(Buffer.from(bytes).toString('utf8')) as VaultFile
    const isOurs =
      typeof file.v === 'number' &&
      Number.isSafeInteger(file.seq) &&
      typeof file.key === 'string' &&
      typeof file.sealed === 'string'
    return isOurs ? file : null
  } catch {
    return null
  }
}

const otherKey = (name: string): HaltFault =>
  new HaltFault(
    'vault_key',
    `${vaultFile(name)} was written with another SUNPRESS_SECRET_KEY: give this process the same one`,
  )

const damaged = (name: string): HoldFault =>
  new HoldFault('vault_damaged', `${vaultFile(name)} was damaged: authorise anew`, {
    scope: 'app',
    reason: 'token',
    forMs: DAMAGED_MS,
  })
