/** Reads ordered faults from JSON. */
import { InputDefect } from './defect.js'
import { type JsonObject, optional, readArray, readFlag, readObject, readText, readWhole } from './fields.js'

export const FAULT_KINDS = [
  'system_error',
  'errcode',
  'token_revoked',
  'empty_200',
  'cut_short_right_length',
  'cut_short_wrong_length',
  'json_as_image',
  'png_as_jpeg',
  'html_page',
  'http_status',
  'slow_headers',
  'slow_body',
  'reset',
  'older_token',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export type Fault = {
  readonly kind: FaultKind
  /** For errcode, system_error and json_as_image. */
  readonly errcode: number
  readonly errmsg?: string
  /** For http_status. */
  readonly status: number
  readonly delayMs: number
}

type Matcher = { test(value: string): boolean }

export type FaultRule = {
  readonly fault: Fault
  readonly match: { readonly appid?: Matcher; readonly path?: Matcher; readonly scene?: Matcher }
  readonly probability?: number
  /** True: the probability chooses scenes, and a chosen one fails every time. */
  readonly sticky: boolean
  /** How long it holds after it was ordered, by the virtual clock. */
  readonly forMs: number
  readonly as: unknown
  left: number
  fired: number
}

/** @throws InputDefect naming the place in the list */
export function readFaultRules(input: unknown, field = 'faults'): FaultRule[] {
  return readArray(input, field).map((item, index) => readRule(item, `${field}[${index}]`))
}

const RULE_FIELDS = [
  'kind',
  'match',
  'count',
  'probability',
  'sticky',
  'errcode',
  'errmsg',
  'status',
  'delayMs',
  'forMs',
]

function readRule(item: unknown, field: string): FaultRule {
  const from = readObject(item, field, RULE_FIELDS)
  const match = readObject(from['match'] ?? {}, `${field}.match`, ['appid', 'path', 'scene'])
  const probability = optional(from, 'probability', (value) => readShare(value, `${field}.probability`))
  return {
    fault: readFault(from, field),
    match: Object.fromEntries(
      Object.entries(match).map(([name, value]) => [name, readMatcher(value, `${field}.match.${name}`)]),
    ),
    ...(probability === undefined ? {} : { probability }),
    sticky: optional(from, 'sticky', (value) => readFlag(value, `${field}.sticky`)) ?? false,
    forMs:
      optional(from, 'forMs', (value) => readWhole(value, `${field}.forMs`, 1)) ?? Number.POSITIVE_INFINITY,
    as: item,
    left:
      optional(from, 'count', (value) => readWhole(value, `${field}.count`, 1)) ?? Number.POSITIVE_INFINITY,
    fired: 0,
  }
}

/** Kinds that only slow an answer down wait this long when no delayMs is given. */
const SLOW_MS = 10_000

function readFault(from: JsonObject, field: string): Fault {
  const { kind, errcode, status } = readKind(from, field)
  const errmsg = optional(from, 'errmsg', (value) => readText(value, `${field}.errmsg`))
  const delayMs = optional(from, 'delayMs', (value) => readWhole(value, `${field}.delayMs`, 0, 3_600_000))
  const slow = kind === 'slow_headers' || kind === 'slow_body'
  return {
    kind,
    errcode,
    status,
    ...(errmsg === undefined ? {} : { errmsg }),
    delayMs: delayMs ?? (slow ? SLOW_MS : 0),
  }
}

type Kind = { readonly kind: FaultKind; readonly errcode: number; readonly status: number }

/** A kind is a name, an HTTP status (502, 503, 504) or an errcode; the last two as a number or as text. */
function readKind(from: JsonObject, field: string): Kind {
  const kind = from['kind']
  const named = FAULT_KINDS.find((name) => name === kind)
  if (named !== undefined) return readNamedKind(named, from, field)
  const number = typeof kind === 'string' && /^-?\d+$/.test(kind) ? Number(kind) : kind
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number === 0) {
    throw new InputDefect(
      `${field}.kind`,
      `an errcode, 502, 503, 504 or one of ${FAULT_KINDS.join(', ')}`,
      kind,
    )
  }
  return number === 502 || number === 503 || number === 504
    ? { kind: 'http_status', errcode: -1, status: number }
    : { kind: 'errcode', errcode: number, status: 200 }
}

function readNamedKind(kind: FaultKind, from: JsonObject, field: string): Kind {
  const errcode = optional(from, 'errcode', (value) => readWhole(value, `${field}.errcode`, -1_000_000))
  const status = optional(from, 'status', (value) => readWhole(value, `${field}.status`, 400, 599))
  if (kind === 'errcode' && errcode === undefined) {
    throw new InputDefect(`${field}.errcode`, 'a whole number', undefined)
  }
  return { kind, errcode: errcode ?? -1, status: status ?? 502 }
}

function readShare(value: unknown, field: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw new InputDefect(field, 'a number from 0 to 1', value)
  }
  return value
}

/** A text must be equal; `{"regex": "…"}` must be found. */
function readMatcher(value: unknown, field: string): Matcher {
  if (typeof value === 'string') return { test: (candidate) => candidate === value }
  const source = readText(readObject(value, field, ['regex'])['regex'], `${field}.regex`)
  try {
    const regex = new RegExp(source)
    return { test: (candidate) => regex.test(candidate) }
  } catch (cause) {
    throw new InputDefect(`${field}.regex`, `a regular expression (${(cause as Error).message})`, source)
  }
}
