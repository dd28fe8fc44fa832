/**
 * What may be changed in a running simulator. Each action reads its JSON whole before anything happens, so that an admin call
 * and a step of a scenario are refused alike, by the field.
 */
import type { World } from './call.js'
import { readClockMove } from './clock-move.js'
import { readCloudbase } from './cloudbase-action.js'
import {
  readAuthorise,
  readComponent,
  readReplay,
  readTicket,
  readUpdate,
  readWithdraw,
} from './component/component-actions.js'
import { readFaultRules } from './fault-rules.js'
import {
  type JsonObject,
  optional,
  readArray,
  readChoice,
  readFlag,
  readObject,
  readText,
  readWhole,
} from './fields.js'
import { readHosting } from './hosting.js'
import type { IntruderLine, IntruderOrder } from './intruder.js'
import { readAppSwitches } from './read-switches.js'
import { revokeTokens, TOKEN_KINDS } from './revoke.js'
import { readSpendOrders } from './spend-order.js'

/** Changes the world; what it returns is told to the admin caller. */
export type Deed = (world: World) => unknown
type ReadDeed = (value: unknown, field: string) => Deed

export const ACTIONS = {
  faults: readFaults,
  clock: readClock,
  revoke: readRevoke,
  limits: readLimits,
  intruder: readIntruder,
  spender: readSpender,
  cloudbase: readCloudbase,
  hosting: readHostingDeed,
  component: readComponent,
  authorise: readAuthorise,
  update: readUpdate,
  withdraw: readWithdraw,
  ticket: readTicket,
  replay: readReplay,
  reset: readReset,
} as const satisfies Record<string, ReadDeed>

export type ActionName = keyof typeof ACTIONS
export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[]

/** The whole list of faults that holds from now on. */
function readFaults(value: unknown, field: string): Deed {
  readFaultRules(value, field)
  return ({ faults, clock }) => {
    faults.replace(value, clock.now())
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

/** `{appid?, line?}`: without an appid of all apps, without a line of every kind. */
function readRevoke(value: unknown, field: string): Deed {
  const from = readObject(value, field, ['appid', 'line'])
  const appid = optional(from, 'appid', (text) => readText(text, `${field}.appid`))
  const kind = optional(from, 'line', (text) => readChoice(text, `${field}.line`, TOKEN_KINDS))
  return (world) => ({ revoked: revokeTokens(world, world.clock.now(), appid, kind) })
}

function readLine(value: unknown, field: string): IntruderLine {
  return readChoice<IntruderLine>(value, field, ['classic', 'stable', 'authorizer'])
}

/** Any switches of the apps file, of one app or, without an appid, of all. With `keepUse` what has been used stays. */
function readLimits(value: unknown, field: string): Deed {
  const { keepUse: sent, ...named } = typeof value === 'object' ? ((value ?? {}) as JsonObject) : {}
  const keepUse = sent !== undefined && readFlag(sent, `${field}.keepUse`)
  const { appid, ...switches } = readAppSwitches(sent === undefined ? value : named, field)
  return ({ apps }) => ({ changed: apps.change(switches, appid, keepUse) })
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

/** Whatever others are to spend, in place of what they spent before. */
function readSpender(value: unknown, field: string): Deed {
  const orders = readSpendOrders(value, field)
  return ({ spender, clock }) => {
    spender.start(orders, clock.now())
    return spender.report()
  }
}

function readHostingDeed(value: unknown, field: string): Deed {
  const order = readHosting(value, field)
  return ({ hosting }) => {
    hosting.change(order)
    return order ?? null
  }
}

const RESETS: Readonly<Record<string, (world: World) => void>> = {
  counters: ({ tally }) => tally.clearCounters(),
  calls: ({ tally }) => tally.clearCalls(),
  faults: ({ faults }) => faults.clear(),
  tokens: ({ tokens, cloudbase }) => {
    tokens.clear()
    cloudbase.clear()
  },
  intruder: ({ intruder }) => intruder.stop(),
  spender: ({ spender }) => spender.start([], 0),
  hosting: ({ hosting }) => hosting.reset(),
  rids: ({ rids }) => rids.clear(),
  scenario: ({ playback }) => playback.stop(),
  windows: ({ apps }) => apps.forgetUse(),
  printed: ({ apps }) => apps.forgetPrinted(),
  limits: ({ apps }) => apps.clear(),
  clock: ({ clock }) => {
    clock.freeze(false)
    clock.set(clock.real())
  },
  platforms: ({ platforms, courier, clock }) => {
    courier.clear()
    platforms.reset(clock.now())
    for (const platform of platforms.all()) courier.start(platform)
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
