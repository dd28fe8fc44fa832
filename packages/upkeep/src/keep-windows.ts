/**
 * Tells the index until when the windows of its campaigns are open: jobs that wait in a lane when one closes are dropped then, and
 * sent again when it opens.
 */
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { DONE, ended, type StepEnd, type UpkeepParts } from './parts.js'
import type { WindowBook } from './window-book.js'

export async function keepWindows(
  { index }: Pick<UpkeepParts, 'index'>,
  leader: Leadership,
  windows: WindowBook,
  open: readonly CampaignIndex[],
): Promise<StepEnd> {
  for (const { id, window, closesAt } of open) {
    if (window === null || windows.closesAt(window) === closesAt) continue
    const answer = await index.noteWindow(leader, id, windows.closesAt(window))
    if (answer !== 'noted') return ended(answer === 'fenced' ? 'fenced' : 'no_generation')
  }
  return DONE
}
