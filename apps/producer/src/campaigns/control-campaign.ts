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

type Heard = Awaited<ReturnType<FeedIndex['control']>> | 'nothing'

/** How the campaign stands after it; a command that changes nothing is fine. Throws Problem 409 for one that has ended. */
export async function controlCampaign(
  parts: ControlParts,
  record: CampaignRecord,
  command: Command,
): Promise<Standing> {
  const { campaigns, reader, clock } = parts
  const standing = await reader.standing(record)
  if (isRepeat(standing, command)) return standing
  if (hasEnded(standing)) throw ended(standing, command)
  const log = await campaigns.readControl(record.id)
  const before = stateOf(log)
  const state = stateAfter(before, command) ?? before
  // Another command may be written at the same time: where this one leads, the index and the whole log know.
  const written =
    state === before
      ? log.at(-1)
      : await campaigns.appendControl(record.id, command, new Date(clock.now()).toISOString())
  const heard = written === undefined ? 'nothing' : await apply(parts.index, record, written.seq, state)
  const after = await standingAfter(parts, record, heard)
  if (isRepeat(after, command)) return after
  if (heard === 'final' || FINAL_STATES.has(after.state)) throw ended(after, command)
  return after
}

/** To cancel what has been cancelled is a repeat. */
const isRepeat = ({ state }: Standing, command: Command): boolean =>
  command === 'cancel' && state === 'cancelled'

/** Without a row to print it has ended, though its report may not have been written yet. */
const hasEnded = ({ state, counts, from }: Standing): boolean =>
  FINAL_STATES.has(state) || (from === 'index' && counts.pending === 0)

function ended({ state }: Standing, command: Command): Problem {
  const how = FINAL_STATES.has(state) ? `is ${state}` : 'has ended'
  return new Problem(409, 'campaign_ended', `The campaign ${how}: there is nothing to ${command}.`)
}

/** An index that has heard of the command says how things stand. One that has not lags behind the log. */
async function standingAfter(
  { campaigns, reader }: ControlParts,
  record: CampaignRecord,
  heard: Heard,
): Promise<Standing> {
  const after = await reader.standing(record)
  const knows = heard === 'applied' || heard === 'older' || heard === 'final'
  if (after.from !== 'index' || knows || FINAL_STATES.has(after.state)) return after
  return { ...after, state: stateOf(await campaigns.readControl(record.id)) }
}

function stateOf(log: readonly ControlRecord[]): CampaignState {
  let state: CampaignState = 'running'
  for (const { command } of log) state = stateAfter(state, command) ?? state
  return state
}

/** `nothing` when the index can't be told now. */
async function apply(
  index: FeedIndex,
  record: CampaignRecord,
  seq: number,
  state: CampaignState,
): Promise<Heard> {
  if (state !== 'running' && state !== 'paused' && state !== 'cancelled') return 'nothing'
  try {
    const { generation } = await index.readGeneration(record.app)
    if (generation === null) return 'rebuild'
    return await index.control(record.app, generation, record.id, { seq, state })
  } catch (fault) {
    if (isFault(fault)) return 'nothing'
    throw fault
  }
}
