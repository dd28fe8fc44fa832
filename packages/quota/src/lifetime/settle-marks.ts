/**
 * Counts an item: its mark in the ledger first, then Redis. What the ledger didn't take is counted in Redis all the same, and owed:
 * the next item that passes pays it. A process that dies owing is mended by nothing but the scene's repeat.
 */
import type { AppId } from '@sunpress/core'
import type { CountedItem } from './parameter-set.js'
import type { TallyLedger } from './tally-ledger.js'
import type { TallyScripts } from './tally-scripts.js'

export interface MarkTerms {
  readonly scripts: TallyScripts
  readonly ledger: TallyLedger
  readonly unrecorded: (app: AppId, fault: unknown) => void
}

interface Due {
  readonly app: AppId
  readonly item: CountedItem
}

export function createMarks(terms: MarkTerms): (app: AppId, item: CountedItem) => Promise<void> {
  const owed = new Set<Due>()
  return async (app, item) => {
    const due = { app, item }
    await settle(terms, owed, due)
    if (owed.has(due)) return
    // The first that fails again ends it.
    for (const old of owed) {
      owed.delete(old)
      await settle(terms, owed, old)
      if (owed.has(old)) return
    }
  }
}

async function settle({ scripts, ledger, unrecorded }: MarkTerms, owed: Set<Due>, due: Due): Promise<void> {
  const { app, item } = due
  try {
    await ledger.mark(app, item)
  } catch (fault) {
    owed.add(due)
    unrecorded(app, fault)
    return await scripts.count(app, item.key)
  }
  await scripts.count(app, item.key).catch((fault) => {
    owed.add(due)
    throw fault
  })
}
