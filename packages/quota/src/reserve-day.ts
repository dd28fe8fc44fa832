/**
 * Calls of a day are reserved in the ledger, a block ahead of their use, so that a loss of Redis forgets none: what was reserved
 * counts as made. A loss costs what is left of a block or two, at most 2 % of the day.
 */
import type { LeaseContext, LeasedLane } from './lease-slots.js'
import type { ReserveReply } from './take-reply.js'

/** As take-permits.lua has it, which asks for more when less than half of one is left. */
const blockOf = (dayLimit: number): number => Math.ceil(dayLimit / 100)

/** Redis has none to give: whoever asked waits for it. Throws WaitFault while the ledger or Redis can't be asked. */
export async function beginDay(
  { ledger, scripts }: LeaseContext,
  lane: LeasedLane,
  { day, used }: ReserveReply,
): Promise<void> {
  const limit = lane.dayLimit()
  if (limit === null) return
  const { app, lane: name, keys } = lane
  const before = await ledger.readReserved(app, name, day)
  const reserved = Math.max(before, Math.min(limit, Math.max(before, used) + blockOf(limit)))
  if (reserved > before) await ledger.reserve(app, name, day, reserved)
  await scripts.reserve(keys, { day, before, reserved, opens: true })
}

/** Meanwhile there is enough: a failure is met by whoever needs the next block. */
export function reserveMore(
  { ledger, scripts }: LeaseContext,
  lane: LeasedLane,
  day: number,
  before: number,
): void {
  const limit = lane.dayLimit()
  if (lane.reserving || limit === null || before >= limit) return
  lane.reserving = true
  const { app, lane: name, keys } = lane
  const reserved = Math.min(limit, before + blockOf(limit))
  const reserve = async () => {
    await ledger.reserve(app, name, day, reserved)
    await scripts.reserve(keys, { day, before, reserved, opens: false })
  }
  const ended = () => {
    lane.reserving = false
  }
  reserve().then(ended, ended)
}
