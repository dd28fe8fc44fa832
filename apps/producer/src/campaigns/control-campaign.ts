/** A command: into the control log first, then to the index. What the index misses, upkeep takes from the log. */
import {
  awaitsRetry,
  type CampaignRecord,
  type CampaignState,
  type Clock,
  type ControlRecord,
  FINAL_STATES,
  type HoldTarget,
  isFault,
  type NewCommand,
  stateAfter,
} from '@sunpress/core'
import type { FeedIndex, IndexCommand } from '@sunpress/feed'
import type { CampaignLedger, Openings } from '@sunpress/ledger'
import { stateByCommands } from '@sunpress/upkeep'
import { Problem } from '../problem.js'
import type { CampaignReader, Standing } from './campaign-reader.js'

export interface ControlParts {
  readonly campaigns: CampaignLedger
  readonly openings: Openings
  readonly index: FeedIndex
  readonly reader: CampaignReader
  readonly clock: Clock
  readonly liftHold: (target: HoldTarget) => Promise<void>
}

type Command = 'pause' | 'resume' | 'cancel'

type Heard = Awaited<ReturnType<FeedIndex['control']>> | 'nothing'

/** How the campaign stands after it; a command that changes nothing is fine. Throws Problem 409 for one that has ended. */
export async function controlCampaign(
  parts: ControlParts,
  record: CampaignRecord,
  command: Command,
): Promise<Standing> {
  const { campaigns, reader, clock } = parts
  // Whoever resumes has looked; a hold of what is cancelled would stand for years.
  if (command !== 'pause') await liftOwnHold(parts, record)
  const standing = await reader.standing(record)
  if (isRepeat(standing, command)) return standing
  const log = await campaigns.readControl(record.id)
  if (hasEnded(standing, log)) throw ended(standing, command)
  const { state: before, retry } = stateByCommands(log, await campaigns.readReport(record.id))
  const state = stateAfter(before, command) ?? before
  // Another command may be written at the same time: where this one leads, the index and the whole log know.
  const written =
    state === before
      ? log.at(-1)
      : await campaigns.appendControl(record.id, command, new Date(clock.now()).toISOString())
  const heard =
    written === undefined ? 'nothing' : await tell(parts, record, { seq: written.seq, state, retry })
  const { after, isOver } = await standingAfter(parts, record, heard)
  if (isRepeat(after, command)) return after
  // It had ended before the cancel came, though a retry has opened it again since.
  if (isOver || command === 'cancel') throw ended(after, command)
  return after
}

async function tell(parts: ControlParts, record: CampaignRecord, command: LogCommand): Promise<Heard> {
  const heard = await apply(parts.index, record, command)
  // A retry may have come since that gives it rows again.
  return heard === 'final' ? await follow(parts, record, command) : heard
}

const liftOwnHold = ({ liftHold }: ControlParts, { app, id }: CampaignRecord): Promise<void> =>
  liftHold({ scope: 'campaign', app, campaign: id })

/** To cancel what has been cancelled is a repeat. */
const isRepeat = ({ state }: Standing, command: Command): boolean =>
  command === 'cancel' && state === 'cancelled'

/** Without a row to print it has ended, though its report may not have been written yet; unless a retry gives it rows. */
const hasEnded = (standing: Standing, log: readonly ControlRecord[]): boolean =>
  FINAL_STATES.has(standing.state) ||
  (standing.from === 'index' && standing.counts.pending === 0 && !isToRetry(standing, log))

const isToRetry = ({ indexed }: Standing, log: readonly ControlRecord[]): boolean =>
  awaitsRetry(log, indexed?.retried ?? 0)

function ended({ state }: Standing, command: string): Problem {
  const how = FINAL_STATES.has(state) ? `is ${state}` : 'has ended'
  return new Problem(409, 'campaign_ended', `The campaign ${how}: there is nothing to ${command}.`)
}

/**
 * An index that has heard of the command says how things stand. One that has not lags behind the log, and so does one that takes a
 * campaign for ended which a retry has opened again.
 */
async function standingAfter(
  { campaigns, reader }: ControlParts,
  record: CampaignRecord,
  heard: Heard,
): Promise<{ after: Standing; isOver: boolean }> {
  const after = await reader.standing(record)
  if (after.from !== 'index' || FINAL_STATES.has(after.state))
    return { after, isOver: FINAL_STATES.has(after.state) }
  if (heard === 'applied' || heard === 'older') return { after, isOver: false }
  const log = await campaigns.readControl(record.id)
  if (heard === 'final' && !isToRetry(after, log)) return { after, isOver: true }
  const { state } = stateByCommands(log, await campaigns.readReport(record.id))
  return { after: { ...after, state }, isOver: FINAL_STATES.has(state) }
}

/** Which of the refused rows: see ControlRecord. */
export type RetryWish = Pick<ControlRecord, 'errcodes' | 'reasons'>

/**
 * Lets refused rows print again, also of a campaign that was completed: it is open again from here on. Throws Problem 409 for one
 * that was cancelled, or purged, and when no row is refused; 503 while it is just ending; WaitFault `app_purging` while others of
 * its app are being purged.
 */
export async function retryCampaign(
  parts: ControlParts,
  record: CampaignRecord,
  wish: RetryWish,
): Promise<Standing> {
  const { campaigns, openings, reader, clock } = parts
  const standing = await reader.standing(record)
  if (standing.state === 'cancelled' || standing.state === 'failed') throw ended(standing, 'retry')
  if (await campaigns.isPurged(record.id)) throw purged()
  if (standing.from !== 'ledger' && standing.counts.refused === 0) throw nothingToRetry()
  await liftOwnHold(parts, record)
  // What it is going to print may stand in the store already: not while that is being purged.
  const written = await openings.during(record, async ({ checkInTime }) => {
    await refuseAtTheEnd(parts, record)
    checkInTime()
    return await campaigns.appendRetry(record, wish, new Date(clock.now()).toISOString())
  })
  if (written === null) throw purged()
  await follow(parts, record, written)
  // Whatever the index has heard: a leader that has not may be ending the campaign at this moment.
  await tellUnheard(parts, record)
  return await reader.standing(record)
}

/**
 * A command that came too late, and was refused, stands in the log all the same. Until its campaign's report is written it can't be told
 * from one that counts: a retry would bring it to life. Throws Problem 503 then.
 */
async function refuseAtTheEnd({ campaigns, reader }: ControlParts, record: CampaignRecord): Promise<void> {
  const standing = await reader.standing(record)
  if (standing.from !== 'index' || FINAL_STATES.has(standing.state) || standing.counts.pending > 0) return
  const log = await campaigns.readControl(record.id)
  if (isToRetry(standing, log)) return
  const { state } = stateByCommands(log, await campaigns.readReport(record.id))
  if (state === standing.state) return
  const headers = { 'retry-after': '2' }
  throw new Problem(503, 'busy', 'The campaign is just ending. The same request may be sent again.', {
    headers,
  })
}

/** The index takes it for ended, doesn't hold it any more, or is built anew. Upkeep finds it all the same, only later. */
async function tellUnheard(
  { index }: Pick<ControlParts, 'index'>,
  { app, id }: CampaignRecord,
): Promise<void> {
  try {
    await index.tellUnheard(app, id)
  } catch (fault) {
    if (!isFault(fault)) throw fault
  }
}

const nothingToRetry = (): Problem =>
  new Problem(409, 'nothing_to_retry', 'No row of the campaign is refused: there is nothing to retry.')

const purged = (): Problem =>
  new Problem(409, 'campaign_purged', 'The campaign was purged: there is nothing to retry.')

/** From now on it goes by this priority, its waiting jobs as well. Throws Problem 409 for one that has ended. */
export async function prioritizeCampaign(
  parts: ControlParts,
  record: CampaignRecord,
  priority: number,
): Promise<Standing> {
  const { campaigns, reader, clock } = parts
  const standing = await reader.standing(record)
  if (hasEnded(standing, await campaigns.readControl(record.id))) throw ended(standing, 'prioritize')
  const command: NewCommand = { command: 'priority', priority }
  const written = await campaigns.appendControl(record.id, command, new Date(clock.now()).toISOString())
  await follow(parts, record, written)
  const after = await reader.standing(record)
  return { ...after, priority }
}

/** Tells the index of a command that changes no state: upkeep looks at the log when it hears of one. */
async function follow(
  { campaigns, index }: ControlParts,
  record: CampaignRecord,
  { seq }: Pick<ControlRecord, 'seq'>,
): Promise<Heard> {
  const log = await campaigns.readControl(record.id)
  const { state, priority, retry } = stateByCommands(log, await campaigns.readReport(record.id))
  return await apply(index, record, { seq, state, priority, retry })
}

type LogCommand = Omit<IndexCommand, 'state'> & { readonly state: CampaignState }

/**
 * `nothing` when the index can't be told now. While it is built anew its leader is told, who may have read the log before: he
 * looks before anything is printed. An index that is there by then may be there without his having been told in time.
 */
async function apply(index: FeedIndex, record: CampaignRecord, command: LogCommand): Promise<Heard> {
  const heard = await applyOnce(index, record, command)
  if (heard !== 'rebuild') return heard
  await tellUnheard({ index }, record)
  return await applyOnce(index, record, command)
}

async function applyOnce(index: FeedIndex, record: CampaignRecord, command: LogCommand): Promise<Heard> {
  const { state } = command
  if (state !== 'running' && state !== 'paused' && state !== 'cancelled') return 'nothing'
  try {
    const { generation } = await index.readGeneration(record.app)
    if (generation === null) return 'rebuild'
    return await index.control(record.app, generation, record.id, { ...command, state })
  } catch (fault) {
    if (isFault(fault)) return 'nothing'
    throw fault
  }
}
