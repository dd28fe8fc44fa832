/** Cloud hosting's open API: calls without a token, over plain HTTP, for the app that the service belongs to. */
import { randomBytes } from 'node:crypto'
import { type Answer, refusal } from './call.js'
import { optional, readArray, readChoice, readFlag, readObject, readText, readWhole } from './fields.js'

export type HostingOrder = {
  readonly appid: string
  /** Apps that share their resources, named by `from_appid`; any other is 85105. */
  readonly shared: readonly string[]
  /** The console's whitelist; undefined: every path is on it. */
  readonly paths?: readonly string[]
  /** What a path that isn't on it is answered. */
  readonly notListed: '502' | '85107'
  /** Whether answers carry x-openapi-seqid. */
  readonly seqid: boolean
  /** Every call fails so: 85105, 85107, 85112, 85113. */
  readonly errcode?: number
}

export type Hosting = {
  /** Undefined: there is none, and a call without a token is 41001. */
  order(): HostingOrder | undefined
  change(order: HostingOrder | undefined): void
  /** Why a call without a token isn't passed on, or undefined. */
  judge(path: string, appid: string): Answer | undefined
  /** A further header of an answer that was passed on. */
  seqid(): readonly string[]
  /** As at the start. */
  reset(): void
}

export function createHosting(initial?: HostingOrder): Hosting {
  let order = initial

  function judge(path: string, appid: string): Answer | undefined {
    if (order?.paths?.includes(path) === false) {
      return order.notListed === '502' ? { kind: 'status', status: 502 } : refusal(85107)
    }
    if (order?.errcode !== undefined) return refusal(order.errcode)
    return order?.appid === appid || order?.shared.includes(appid) ? undefined : refusal(85105)
  }

  function change(next: HostingOrder | undefined): void {
    order = next
  }

  return {
    order: () => order,
    change,
    judge,
    seqid: () => (order?.seqid ? ['x-openapi-seqid', randomBytes(16).toString('hex')] : []),
    reset: () => change(initial),
  }
}

export const HOSTING_FIELDS = ['appid', 'shared', 'paths', 'notListed', 'seqid', 'errcode']

/** `null`: none. @throws InputDefect */
export function readHosting(value: unknown, field: string): HostingOrder | undefined {
  if (value === null) return undefined
  const from = readObject(value, field, HOSTING_FIELDS)
  const texts = (name: string) => (list: unknown) =>
    readArray(list, `${field}.${name}`).map((text, index) => readText(text, `${field}.${name}[${index}]`))
  const paths = optional(from, 'paths', texts('paths'))
  const errcode = optional(from, 'errcode', (code) => readWhole(code, `${field}.errcode`, -1_000_000))
  return {
    appid: readText(from['appid'], `${field}.appid`),
    shared: optional(from, 'shared', texts('shared')) ?? [],
    ...(paths === undefined ? {} : { paths }),
    notListed:
      optional(from, 'notListed', (code) =>
        readChoice(String(code), `${field}.notListed`, ['502', '85107']),
      ) ?? '502',
    seqid: optional(from, 'seqid', (flag) => readFlag(flag, `${field}.seqid`)) ?? true,
    ...(errcode === undefined ? {} : { errcode }),
  }
}
