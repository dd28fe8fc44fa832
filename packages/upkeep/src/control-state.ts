import { type CampaignState, type ControlRecord, stateAfter } from '@sunpress/core'

/** Where the commands of a control log lead, one after the other; `control` is the number of the last. */
export function stateByCommands(log: readonly ControlRecord[]): { state: CampaignState; control: number } {
  let state: CampaignState = 'running'
  let control = 0
  for (const { command, seq } of log) {
    state = stateAfter(state, command) ?? state
    control = seq
  }
  return { state, control }
}
