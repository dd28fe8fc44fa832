/** Brings a campaign's index to where its control log leads, as a whole: its commands may have come in another order, or not at all. */
import type { CampaignReport, ControlRecord } from '@sunpress/core'
import type { CampaignIndex, Leadership } from '@sunpress/feed'
import { stateByCommands } from './control-state.js'
import type { UpkeepParts } from './parts.js'

/** `rebuild`: there is no such generation any more. */
export async function applyLog(
  { index }: Pick<UpkeepParts, 'index'>,
  { app, generation }: Leadership,
  known: Pick<CampaignIndex, 'id' | 'control' | 'state'>,
  log: readonly ControlRecord[],
  report: CampaignReport | null = null,
): Promise<'applied' | 'rebuild'> {
  const { state, control: seq, priority, retry } = stateByCommands(log, report)
  const isThere = seq < known.control || (seq === known.control && state === known.state)
  if (isThere && state !== 'cancelled') return 'applied'
  if (state !== 'running' && state !== 'paused' && state !== 'cancelled') return 'applied'
  const answer = await index.control(app, generation, known.id, { seq, state, priority, retry })
  return answer === 'rebuild' ? 'rebuild' : 'applied'
}
