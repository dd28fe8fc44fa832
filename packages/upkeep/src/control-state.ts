/** Where the commands of a control log lead. Pure. */
import {
  type CampaignReport,
  type CampaignState,
  type ControlRecord,
  stateAfter,
  type WaitingReason,
} from '@sunpress/core'

export interface Commanded {
  readonly state: CampaignState
  /** Number of the last command. */
  readonly control: number
  /** Number of the last retry; 0: none. */
  readonly retry: number
  /** null: as campaign.json says. */
  readonly priority: number | null
  /** Whom a paused campaign waits for: who paused it, or who is to approve its canary; null while it isn't paused. */
  readonly pausedFor: PausedFor | null
}

export type PausedFor = Extract<WaitingReason, 'paused' | 'canary'>

/**
 * One after the other. Of a campaign that had ended, and was opened again by a `retry`, only what came from that command on:
 * whatever the log held before had its effect, or none, before the end.
 */
export function stateByCommands(
  log: readonly ControlRecord[],
  report: CampaignReport | null = null,
): Commanded {
  const first = report === null ? 0 : reopenedBy(report, log)
  let state: CampaignState = 'running'
  let control = 0
  let retry = 0
  let priority: number | null = null
  let pausedFor: PausedFor | null = null
  for (const { command, seq, priority: wanted, reason } of log) {
    control = seq
    if (command === 'retry') retry = seq
    if (command === 'priority' && wanted !== undefined) priority = wanted
    if (seq < first) continue
    state = stateAfter(state, command) ?? state
    // A resume approves: of two pauses the canary's is the one to be told of.
    if (state !== 'paused') pausedFor = null
    else if (command === 'pause') pausedFor = reason ?? pausedFor ?? 'paused'
  }
  return { state, control, retry, priority, pausedFor }
}

const reopenedBy = ({ retried = 0 }: CampaignReport, log: readonly ControlRecord[]): number =>
  log.find(({ command, seq }) => command === 'retry' && seq > retried)?.seq ?? 0
