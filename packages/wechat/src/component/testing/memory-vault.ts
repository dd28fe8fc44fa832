/** A vault in memory, that breaks when it is told to. For tests. */
import { HoldFault, RetryFault, Secret, type Vault } from '@sunpress/core'

export interface MemoryVault {
  readonly vault: Vault
  readonly texts: Map<string, { seq: number; text: string }>
  /** Records that can't be opened until they are put anew. */
  readonly damaged: Set<string>
  /** How often the next puts fail. */
  failing: number
  /** Before each put. */
  onPut: (name: string) => void | Promise<void>
}

export function createMemoryVault(): MemoryVault {
  const memory: MemoryVault = {
    texts: new Map(),
    damaged: new Set(),
    failing: 0,
    onPut: () => {},
    vault: {
      async read(name) {
        if (memory.damaged.has(name)) throw damaged(name)
        const found = memory.texts.get(name)
        return found === undefined ? null : { seq: found.seq, text: new Secret(found.text) }
      },
      async put(name, { seq, text }) {
        await memory.onPut(name)
        if (memory.failing-- > 0) throw new RetryFault('store_unreachable', 'away')
        if ((memory.texts.get(name)?.seq ?? 0) > seq) return 'overtaken'
        memory.damaged.delete(name)
        memory.texts.set(name, { seq, text: text.reveal() })
        return 'written'
      },
      async *list(prefix) {
        yield* [...memory.texts.keys()].filter((name) => name.startsWith(prefix)).sort()
      },
    },
  }
  return memory
}

const damaged = (name: string): HoldFault =>
  new HoldFault('vault_damaged', name, { scope: 'app', reason: 'token', forMs: 1_000 })
