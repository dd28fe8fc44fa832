/**
 * What a cloud call gave or threw, as the same answer over HTTP would be classified. Pure.
 * The cloud's own errcodes, which never reached WeChat, have a table here.
 */
import { type AnyFault, HoldFault, RetryFault, WaitFault } from '@sunpress/core'
import { transportLabel } from '../call-observer.js'
import { type Classified, classifyAnswer } from '../classify-answer.js'
import type { Moment } from '../next-minute.js'
import { wordsOf } from '../upstream-words.js'

/** As an HTTP client is told. */
const MOST_BYTES = 4 * 1024 * 1024

/** What the call resolved to: a picture, or an errCode that was not thrown. */
export function classifyGiven(given: unknown, moment: Moment): Classified {
  const { buffer, errCode, errMsg } = fieldsOf(given)
  if (errCode !== undefined && numberOf(errCode) !== 0) return classifyThrown(given, moment)
  const bytes = bytesOf(buffer)
  if (bytes === null) return classify(bytesOfJson({ errcode: 0, errmsg: errMsg }), moment)
  if (bytes.byteLength > MOST_BYTES) return toldFault(tooLarge(bytes.byteLength))
  return classify(bytes, moment)
}

/** What the call threw; anything without an errCode broke on the way, which the SDK itself calls -1. */
export function classifyThrown(thrown: unknown, moment: Moment): Classified {
  const { errCode, errMsg, message } = fieldsOf(thrown)
  const errcode = numberOf(errCode) ?? -1
  const errmsg = withoutName(String(errMsg ?? message ?? thrown))
  const fault = ownFault(errcode, errmsg, moment)
  if (fault !== null) return { kind: 'fault', fault, errcode: String(errcode) }
  return classify(bytesOfJson({ errcode, errmsg }), moment)
}

const HELD_MS = 60_000
const BUSY_MS = { least: 1_000, spread: 4_000 }

type CloudAct = 'retry' | 'wait' | 'hold'

/** -604101, a permission that is not declared, stands in core's table. Source: error codes of cloud development. */
const CLOUD_ROWS: ReadonlyMap<number, readonly [CloudAct, string]> = new Map([
  [-601001, ['retry', 'the cloud had an error of its own']],
  [-604102, ['retry', 'the cloud waited too long for WeChat']],
  [-604103, ['retry', 'the cloud had an error of its own']],
  [-501001, ['retry', 'the cloud had an error of its own']],
  [-501002, ['retry', 'the cloud waited too long']],
  [-501003, ['wait', 'the cloud finds our calls too many']],
  [-501004, ['wait', 'the cloud finds our calls too many at a time']],
  [-604100, ['hold', 'the cloud does not know this call: update wx-server-sdk']],
  [-604104, ['hold', "calls are taken from this account's cloud functions alone"]],
  [-501005, ['hold', 'the environment is not one of this account']],
  [-501008, ['hold', "calls are taken from this account's cloud functions alone"]],
])

function ownFault(errcode: number, errmsg: string, { random }: Moment): AnyFault | null {
  const row = CLOUD_ROWS.get(errcode)
  const words = wordsOf({ errcode, errmsg })
  if (row === undefined || words === null) return null
  const [act, advice] = row
  const code = `upstream_${errcode}`
  const message = `${advice}. The cloud answered ${errcode}: ${words.errmsg}`
  if (act === 'retry') return new RetryFault(code, message, words)
  if (act === 'wait') {
    return new WaitFault(code, message, Math.round(BUSY_MS.least + BUSY_MS.spread * random))
  }
  return new HoldFault(code, message, { scope: 'app', reason: 'app_held', forMs: HELD_MS, words })
}

const classify = (bytes: Uint8Array, moment: Moment): Classified =>
  classifyAnswer({ status: 200, headers: {}, bytes }, moment)

const toldFault = (fault: AnyFault): Classified => ({
  kind: 'fault',
  fault,
  errcode: transportLabel(fault.code),
})

const tooLarge = (bytes: number): RetryFault =>
  new RetryFault('upstream_too_large', `the cloud's answer has ${bytes} bytes, more than ${MOST_BYTES}`)

const bytesOfJson = (answer: object): Uint8Array => Buffer.from(JSON.stringify(answer))

/** A Buffer; base64, which JSON on the way makes of it; or `{ type: 'Buffer', data }`, which its toJSON does. */
function bytesOf(buffer: unknown): Uint8Array | null {
  if (buffer instanceof Uint8Array) return buffer
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer)
  if (typeof buffer === 'string') return Buffer.from(buffer, 'base64')
  const { type, data } = fieldsOf(buffer)
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data) : null
}

/** "openapi.wxacode.get:fail invalid path rid: …" without the call's name, so that both ways say the same. */
const withoutName = (errmsg: string): string => errmsg.replace(/^openapi\.[\w.]+:fail\s*/, '')

const numberOf = (value: unknown): number | null => (/^-?\d{1,9}$/.test(String(value)) ? Number(value) : null)

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
