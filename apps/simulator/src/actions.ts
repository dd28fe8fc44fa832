/**
 * What may be changed in a running simulator. Each action reads its JSON whole before anything happens, so that an admin call
 * and a step of a scenario are refused alike, by the field.
 */
import type { World } from './call.js'
import { readClockMove } from './clock-move.js'
import { readFaultRules } from './fault-rules.js'
import { optional, readArray, readChoice, readObject, readText, readWhole } from './fields.js'
import type { IntruderOrder } from './intruder.js'
import { readAppSwitches } from './read-switches.js'
import type { TokenLine } from './tokens.js'

/** Changes the world; what it returns is told to the admin caller. */
export type Deed = (world: World) => unknown
type ReadDeed = (value: unknown, field: string) => Deed

export const ACTIONS = {
  faults: readFaults,
  clock: readClock,
  revoke: readRevoke,
  limits: readLimits,
  intruder: readIntruder,
  reset: readReset,
} as const satisfies Record<string, ReadDeed>

export type ActionName = keyof typeof ACTIONS
export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[]

/** The whole list of faults that holds from now on. */
function readFaults(value: unknown, field: string): Deed {
  readFaultRules(value, field)
  return ({ faults }) => {
    faults.replace(value)
    return faults.list()
  }
}

/** Going back starts the windows anew. */
function readClock(value: unknown, field: string): Deed {
  const { frozen, target } = readClockMove(value, field)
  return ({ clock, apps }) => {
    const before = clock.now()
    const at = target?.(clock)
    if (frozen !== undefined) clock.freeze(frozen)
    if (at !== undefined) clock.set(at)
    if (at !== undefined && at < before) apps.forgetUse()
    return undefined
  }
}

/** `{appid?, line?}`: without an appid of all apps, without a line both. */
function readRevoke(value: unknown, field: string): Deed {
  const from = readObject(value, field, ['appid', 'line'])
  const appid = optional(from, 'appid', (text) => readText(text, `${field}.appid`))
  const line = optional(from, 'line', (text) => readLine(text, `${field}.line`))
  return ({ tokens, clock }) => ({ revoked: tokens.revoke(clock.now(), appid, line) })
}

function readLine(value: unknown, field: string): TokenLine {
  return readChoice<TokenLine>(value, field, ['classic', 'stable'])
}

/** Any switches of the apps file, of one app or, without an appid, of all. */
function readLimits(value: unknown, field: string): Deed {
  const { appid, ...switches } = readAppSwitches(value, field)
  return ({ apps }) => ({ changed: apps.change(switches, appid) })
}

/** `{everyMs, appid?, line?}` starts one in place of the one before, `null` ends it. */
function readIntruder(value: unknown, field: string): Deed {
  if (value === null) return ({ intruder }) => intruder.stop()
  const from = readObject(value, field, ['everyMs', 'appid', 'line'])
  const everyMs = readWhole(from['everyMs'], `${field}.everyMs`, 1)
  const line = optional(from, 'line', (text) => readLine(text, `${field}.line`)) ?? 'stable'
  const appid = optional(from, 'appid', (text) => readText(text, `${field}.appid`))
  const order: IntruderOrder = appid === undefined ? { everyMs, line } : { everyMs, line, appid }
  return ({ intruder, clock }) => intruder.start(order, clock.now())
}

const RESETS: Readonly<Record<string, (world: World) => void>> = {
  counters: ({ tally }) => tally.clearCounters(),
  calls: ({ tally }) => tally.clearCalls(),
  faults: ({ faults }) => faults.clear(),
  tokens: ({ tokens }) => tokens.clear(),
  intruder: ({ intruder }) => intruder.stop(),
  rids: ({ rids }) => rids.clear(),
  scenario: ({ playback }) => playback.stop(),
  windows: ({ apps }) => apps.forgetUse(),
  printed: ({ apps }) => apps.forgetPrinted(),
  limits: ({ apps }) => apps.clear(),
  clock: ({ clock }) => {
    clock.freeze(false)
    clock.set(clock.real())
  },
}

/** `{only?: […]}`: without it, everything. */
function readReset(value: unknown, field: string): Deed {
  const from = readObject(value, field, ['only'])
  const names = Object.keys(RESETS)
  const only = optional(from, 'only', (list) => readArray(list, `${field}.only`)) ?? names
  const chosen = only.map((name, index) => readChoice(name, `${field}.only[${index}]`, names))
  return (world) => {
    for (const name of chosen) RESETS[name]?.(world)
    return { reset: chosen }
  }
}
