/** The same ledger, which reads each open mark once: a mark never changes, and every app's leader looks at all of them. */
import type { CampaignId } from '@sunpress/core'
import type { CampaignLedger, OpenMark } from '@sunpress/ledger'

export function keepMarks(ledger: CampaignLedger): CampaignLedger {
  const marks = new Map<CampaignId, OpenMark>()
  return {
    ...ledger,
    async readOpenMark(id) {
      const mark = marks.get(id) ?? (await ledger.readOpenMark(id))
      if (mark !== null) marks.set(id, mark)
      return mark
    },
    async unmarkOpen(id) {
      await ledger.unmarkOpen(id)
      marks.delete(id)
    },
    async closeEnded(id, app) {
      marks.delete(id)
      await ledger.closeEnded(id, app)
    },
  }
}
