/**
 * Core's CodeApi inside a cloud function: wx-server-sdk makes the call, without URL and token. One call, one answer, classified as
 * the same over HTTP. Promises that no call is begun after `notAfterMs`, and that each ends within `timeoutMs` for us.
 * Doesn't promise when the SDK writes it, nor that a call given up ends: the SDK can't be told to stop.
 */
import { type AppId, type Clock, type CodeApi, type CodeCall, RetryFault, WaitFault } from '@sunpress/core'
import { type CallObserver, transportLabel } from '../call-observer.js'
import type { Classified } from '../classify-answer.js'
import type { Moment } from '../next-minute.js'
import type { Cloud } from './cloud.js'
import { classifyGiven, classifyThrown } from './cloud-answer.js'
import { CLOUD_NAMES, type CloudParams, cloudParams } from './cloud-params.js'

export interface CloudCallApiTerms {
  readonly cloud: Cloud
  readonly clock: Clock
  readonly observer: CallObserver
  /** From 0 up to 1. */
  readonly random: () => number
  /** Is the app another account, which shares its resources with the function's? By default none is. */
  readonly isShared?: (app: AppId) => boolean
  /** By default 20 s. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 20_000

export function createCloudCallApi(terms: CloudCallApiTerms): CodeApi {
  const { clock, observer, random } = terms
  return {
    async request(call, _token, permit, signal) {
      signal.throwIfAborted()
      const params = cloudParams(call)
      if (clock.monotonic() > permit.notAfterMs) throw permitExpired(call)
      const moment = (): Moment => ({ nowMs: clock.now(), random: random() })
      const classified = await inTime(terms, call, ask(terms, call, params, moment), signal)
      observer.called(call.app, call.endpoint, classified.errcode)
      if (classified.kind === 'fault') throw classified.fault
      return classified.bytes
    },
  }
}

/** Never rejects: whoever gave up waiting must not meet it later. */
async function ask(
  { cloud, isShared }: CloudCallApiTerms,
  { app, endpoint }: CodeCall,
  params: CloudParams,
  moment: () => Moment,
): Promise<Classified> {
  const name = CLOUD_NAMES[endpoint]
  try {
    const given =
      isShared?.(app) === true
        ? await cloud.openapi({ appid: app }).wxacode[name](params)
        : await cloud.openapi.wxacode[name](params)
    return classifyGiven(given, moment())
  } catch (reason) {
    return classifyThrown(reason, moment())
  }
}

async function inTime(
  { clock, observer, timeoutMs = DEFAULT_TIMEOUT_MS }: CloudCallApiTerms,
  call: CodeCall,
  answer: Promise<Classified>,
  signal: AbortSignal,
): Promise<Classified> {
  const ending = new AbortController()
  const onAbort = () => ending.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([answer, clock.sleep(timeoutMs, ending.signal).then(() => timedOut(call))])
  } catch (reason) {
    observer.called(call.app, call.endpoint, 'aborted')
    throw reason
  } finally {
    signal.removeEventListener('abort', onAbort)
    ending.abort()
  }
}

const nameOf = ({ endpoint }: CodeCall): string => `openapi.wxacode.${CLOUD_NAMES[endpoint]}`

const permitExpired = (call: CodeCall): WaitFault =>
  new WaitFault('permit_expired', `${nameOf(call)}: not called, its permit had run out`, 0)

function timedOut(call: CodeCall): Classified {
  const fault = new RetryFault('upstream_timeout', `${nameOf(call)}: no answer in time`)
  return { kind: 'fault', fault, errcode: transportLabel(fault.code) }
}
