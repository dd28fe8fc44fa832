/** A command: into the control log first, then to the index. What the index misses, upkeep takes from the log. */
import {
  type CampaignRecord,
  type CampaignState,
  type Clock,
  type ControlRecord,
  FINAL_STATES,
  isFault,
  stateAfter,
} from '@sunpress/core'
import type { FeedIndex } from '@sunpress/feed'
import type { CampaignLedger } from '@sunpress/ledger'
import { Problem } from '../problem.js'
import type { CampaignReader, Standing } from './campaign-reader.js'

export interface ControlParts {
  readonly campaigns: CampaignLedger
  readonly index: FeedIndex
  readonly reader: CampaignReader
  readonly clock: Clock
}

type Command = ControlRecord['command']

/** How the campaign stands after it; a command that changes nothing is fine. Throws Problem 409 for one that has ended. */
export async function controlCampaign(
  parts: ControlParts,
  record: CampaignRecord,
  command: Command,
): Promise<Standing> {
  const standing = await parts.reader.standing(record)
  const log = await parts.campaigns.readControl(record.id)
  const before = FINAL_STATES.has(standing.state) ? standing.state : stateOf(log)
  const state = stateAfter(before, command)
  if (state === null) {
    // To cancel what has been cancelled is a repeat.
    if (before === 'cancelled' && command === 'cancel') return standing
    throw new Problem(409, 'campaign_ended', `The campaign is ${before}: there is nothing to ${command}.`)
  }
  const last = log.at(-1)
  const changes = state !== before
  const written = changes
    ? await parts.campaigns.appendControl(record.id, command, new Date(parts.clock.now()).toISOString())
    : last
  if (written !== undefined) await apply(parts.index, record, written.seq, state)
  const after = await parts.reader.standing(record)
  // The index may lag behind; the log is what counts.
  return after.from === 'report' || FINAL_STATES.has(after.state) ? after : { ...after, state }
}

function stateOf(log: readonly ControlRecord[]): CampaignState {
  let state: CampaignState = 'running'
  for (const { command } of log) state = stateAfter(state, command) ?? state
  return state
}

async function apply(
  index: FeedIndex,
  record: CampaignRecord,
  seq: number,
  state: CampaignState,
): Promise<void> {
  if (state !== 'running' && state !== 'paused' && state !== 'cancelled') return
  try {
    const { generation } = await index.readGeneration(record.app)
    if (generation !== null) await index.control(record.app, generation, record.id, { seq, state })
  } catch (fault) {
    if (!isFault(fault)) throw fault
  }
}
