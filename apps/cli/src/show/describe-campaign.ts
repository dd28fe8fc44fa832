/** One campaign on a screen, a line a fact. Pure. */
import type { Campaign } from '@sunpress/client'
import { describeCounts } from './describe-counts.js'
import { describeState, renderDuration } from './progress-line.js'
import { renderTime } from './time.js'

export function describeCampaign(campaign: Campaign): string {
  const { id, app, name, waitingUntil, etaSeconds, counts, priority, createdAt, finishedAt } = campaign
  const until = waitingUntil === null ? '' : ` until ${renderTime(waitingUntil)}`
  return [
    `${id}  ${name}`,
    `  app       ${app}`,
    `  state     ${describeState(campaign)}${until}`,
    ...(etaSeconds === null || counts.pending === 0 ? [] : [`  ETA       ${renderDuration(etaSeconds)}`]),
    `  scenes    ${describeCounts(counts)}`,
    `  priority  ${priority}`,
    `  created   ${renderTime(createdAt)}`,
    ...(finishedAt === null ? [] : [`  finished  ${renderTime(finishedAt)}`]),
  ].join('\n')
}
