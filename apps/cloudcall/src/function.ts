/** The function as the cloud calls it: constructs everything at its first call, and keeps what a warm instance may keep. */
import {
  createRetryBudget,
  createTurns,
  HaltFault,
  isFault,
  type Look,
  lookIdOf,
  Secret,
} from '@sunpress/core'
import { type CampaignLedger, createCampaignLedger } from '@sunpress/ledger'
import { ConfigFault, type Environment, systemClock } from '@sunpress/runtime'
import { openConfiguredStores } from '@sunpress/storage'
import { type Cloud, createCloudCallApi } from '@sunpress/wechat'
import type { Answer } from './answer.js'
import { type FunctionConfig, readFunctionConfig } from './config.js'
import type { Log } from './observe.js'
import { type Order, parseOrder } from './order.js'
import { printSlice } from './print-slice.js'
import { createSpacing, type Spacing } from './spacing.js'

export interface FunctionParts {
  readonly env: Environment
  readonly loadCloud: () => Promise<Cloud>
  readonly log: Log
}

/** Of the cloud's second argument what we look at. Source: Node.js functions of Tencent's SCF. */
export interface CloudContext {
  readonly time_limit_in_ms?: number
}

export type CloudFunction = (event: unknown, context?: CloudContext) => Promise<Answer>

interface Instance {
  readonly config: FunctionConfig
  readonly cloud: Cloud
  readonly spacing: Spacing
  proven: boolean
}

/** What is under way when time is up may end. */
const GRACE_MS = 10_000
/** Of the function's own limit: its start, the store's last put, the answer. */
const SPARE_MS = 5_000
const CALL_TIMEOUT_MS = 9_000
const RETRY_MS = 60_000

const { clock, random } = { clock: systemClock, random: Math.random }

/** Throws HaltFault, or ConfigFault for what somebody has to mend: its environment, its limits, the event. */
export function createFunction(parts: FunctionParts): CloudFunction {
  let starting: Promise<Instance> | null = null
  const start = (): Promise<Instance> => {
    starting ??= startInstance(parts).catch((fault: unknown) => {
      starting = null
      throw fault
    })
    return starting
  }
  return async (event, context = {}) => {
    const startedMs = clock.monotonic()
    const order = orderOf(event)
    const instance = await start()
    checkCaller(event, instance.config)
    const untilMs = startedMs + runMs(instance.config, context)
    instance.spacing.begin(untilMs)
    return await runOrder(parts, instance, order, untilMs)
  }
}

async function startInstance({ env, loadCloud }: FunctionParts): Promise<Instance> {
  const config = readFunctionConfig(env)
  return { config, cloud: await loadCloud(), spacing: createSpacing(clock, config.perMinute), proven: false }
}

function orderOf(event: unknown): Order {
  const order = parseOrder(event)
  if (!order.ok) throw new ConfigFault('event', order.defects)
  return order.value
}

/** Every user of a Mini Program may call its cloud functions; the cloud then tells who they are. */
function checkCaller(event: unknown, { openids }: FunctionConfig): void {
  const openId = (event as { readonly userInfo?: { readonly openId?: unknown } }).userInfo?.openId
  if (openId === undefined || openids?.split(',').includes(String(openId)) === true) return
  const expected = 'no call from a client, or its openid in CLOUDCALL_OPENIDS'
  throw new HaltFault('caller_forbidden', `expected ${expected}, got one of another user`)
}

function runMs(
  { runSeconds }: FunctionConfig,
  { time_limit_in_ms: limitMs = Infinity }: CloudContext,
): number {
  const ms = Math.min(runSeconds * 1_000, limitMs - GRACE_MS - SPARE_MS)
  if (ms >= 1_000) return ms
  const expected = "60 s as the function's time-out: change it in the console"
  throw new HaltFault('time_limit', `expected ${expected}, got ${limitMs / 1_000} s`)
}

/** Opens stores for this call alone: an instance sleeps between calls, and connections don't outlive that. */
async function runOrder(
  parts: FunctionParts,
  instance: Instance,
  order: Order,
  untilMs: number,
): Promise<Answer> {
  const { config, cloud, spacing } = instance
  const stores = await openConfiguredStores(config, { clock, maxSockets: config.inHand })
  const ending = new AbortController()
  const timer = setTimeout(
    () => ending.abort(new Error('time is up')),
    untilMs + GRACE_MS - clock.monotonic(),
  )
  try {
    if (!instance.proven) await stores.prove()
    instance.proven = true
    await writeLooks(createCampaignLedger(stores.records), order)
    const isShared = (app: string) => app !== config.appid
    const observer = { called: () => {}, numUsed: () => {} }
    const api = createCloudCallApi({
      ...{ cloud, clock, random, observer, isShared, timeoutMs: CALL_TIMEOUT_MS },
    })
    const retries = createRetryBudget(clock)
    const road = { api, store: stores.codes, tokens: NO_TOKENS, turns: createTurns(), clock, random, retries }
    return await printSlice(order, {
      ...{ road, spacing, log: parts.log, inHand: config.inHand, signal: ending.signal },
    })
  } catch (fault) {
    return heldAnswer(order, fault)
  } finally {
    clearTimeout(timer)
    ending.abort()
    await stores.close()
  }
}

/** So that a scene's codes are found by whoever reads the store. */
async function writeLooks(ledger: CampaignLedger, { app, look, rows }: Order): Promise<void> {
  const looks = new Map<string, Look>()
  for (const { planned } of rows) {
    if ('errors' in planned) continue
    const own: Look = planned.row.page === undefined ? look : { ...look, page: planned.row.page }
    looks.set(lookIdOf(own), own)
  }
  for (const own of looks.values()) await ledger.writeLook(app, own, clock.now())
}

const NO_TOKENS = {
  get: async () => ({ value: new Secret(''), sentAs: 'none' as const }),
  drop: async () => {},
}

/** A store in trouble before anything was asked: nothing is lost but time. */
function heldAnswer({ from }: Order, fault: unknown): Answer {
  if (!isFault(fault) || fault.kind === 'halt') throw fault
  const reason = fault.kind === 'hold' ? fault.reason : fault.code
  const retryAfterMs = fault.kind === 'hold' ? fault.forMs : RETRY_MS
  return { done: false, next: from, rows: [], held: { reason, message: fault.message, retryAfterMs } }
}
