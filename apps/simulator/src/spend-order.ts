/** Reads what another party is to spend. */
import { InputDefect } from './defect.js'
import { optional, readChoice, readObject, readText, readWhole } from './fields.js'
import { QUOTA_OF, type SpendOrder } from './spender.js'

const MOST = 10_000_000

/** One order, a list of them, or `null`: none any more. @throws InputDefect */
export function readSpendOrders(value: unknown, field: string): readonly SpendOrder[] {
  if (value === null) return []
  return Array.isArray(value)
    ? value.map((item, index) => readOrder(item, `${field}[${index}]`))
    : [readOrder(value, field)]
}

function readOrder(value: unknown, field: string): SpendOrder {
  const from = readObject(value, field, ['appid', 'path', 'calls', 'perMinute'])
  const count = (name: string) => optional(from, name, (n) => readWhole(n, `${field}.${name}`, 1, MOST)) ?? 0
  const [calls, perMinute] = [count('calls'), count('perMinute')]
  if (calls + perMinute === 0) throw new InputDefect(field, 'calls, perMinute or both', value)
  return {
    appid: readText(from['appid'], `${field}.appid`),
    path: readChoice(from['path'] ?? '/wxa/getwxacodeunlimit', `${field}.path`, Object.keys(QUOTA_OF)),
    calls,
    perMinute,
  }
}
