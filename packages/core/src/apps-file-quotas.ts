/** The `quotas` of an app or of a platform, in the apps file. Pure. */
import { DEFAULT_QUOTAS, type Quotas } from './app.js'
import { hiddenText, isFields, kindOf, type Reading, unknownNames } from './apps-file-fields.js'
import { type FieldDefect, fieldDefect } from './field-defect.js'

type WholeQuota = Exclude<keyof Quotas, 'share'>
/** Largest value taken for each quota: beyond it stands a slip of the finger. */
const MOST: Readonly<Record<WholeQuota, number>> = {
  perMinute: 10_000_000,
  limitedPerMinute: 100_000,
  limitedPerDay: 100_000_000,
  limitedLifetime: 1_000_000_000,
}

export function parseQuotas(value: unknown, at: string, { options, defects }: Reading): Quotas {
  const defaults: Quotas = { ...DEFAULT_QUOTAS, share: options.defaultShare ?? DEFAULT_QUOTAS.share }
  if (value === undefined) return defaults
  if (!isFields(value)) {
    defects.push(fieldDefect(at, 'type', 'an object', kindOf(value)))
    return defaults
  }
  defects.push(...unknownNames(value, `${at}.`, Object.keys(defaults)))
  const whole = (name: WholeQuota): number => {
    const quota = value[name]
    if (quota === undefined) return defaults[name]
    if (isWholeUpTo(quota, MOST[name])) return quota
    defects.push(
      fieldDefect(`${at}.${name}`, 'range', `a whole number from 1 to ${MOST[name]}`, hiddenText(quota)),
    )
    return defaults[name]
  }
  return {
    perMinute: whole('perMinute'),
    limitedPerMinute: whole('limitedPerMinute'),
    limitedPerDay: whole('limitedPerDay'),
    limitedLifetime: whole('limitedLifetime'),
    share: parseShare(value['share'], `${at}.share`, defaults.share, defects),
  }
}

function parseShare(value: unknown, at: string, defaultShare: number, defects: FieldDefect[]): number {
  if (value === undefined) return defaultShare
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  defects.push(fieldDefect(at, 'range', 'a number above 0 and up to 1', hiddenText(value)))
  return defaultShare
}

const isWholeUpTo = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
