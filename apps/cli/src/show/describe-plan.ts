/** A plan on a screen, a line a fact. Pure. */
import type { Plan } from '@sunpress/client'
import { shown } from './describe-counts.js'
import { describeBadRow } from './describe-error.js'
import { renderDuration } from './progress-line.js'

export function describePlan(plan: Plan): string {
  const { storage, lifetime } = plan
  const about = plan.estimated ? 'about ' : ''
  return [
    `rows               ${shown(plan.rows)}`,
    ...(plan.invalidRows > 0
      ? [`invalid rows       ${shown(plan.invalidRows)}, left out with --skip-bad-rows`]
      : []),
    ...(plan.duplicates > 0 ? [`repeats            ${shown(plan.duplicates)}`] : []),
    `already published  ${about}${shown(plan.alreadyPublished)}`,
    `calls to WeChat    ${about}${shown(plan.calls)}${plan.perMinute === null ? '' : `, at most ${shown(plan.perMinute)} a minute`}`,
    ...(plan.etaSeconds === null
      ? []
      : [`takes              ${renderDuration(plan.etaSeconds)}, beside what is printed now`]),
    `storage            ${renderBytes(storage.bytes)}, ${renderBytes(storage.bytesEach)} each, ${SIZES_BY[storage.by]}`,
    ...(lifetime === null ? [] : [`lifetime after it  ${describeLifetime(lifetime)}`]),
    ...plan.errors.map(describeBadRow),
  ].join('\n')
}

const SIZES_BY = {
  pictures: 'as those in the store',
  recent: 'as the last ones of this width',
  formula: 'assumed from the width',
} as const

function describeLifetime({ fresh, after, limit, whole, allowed }: NonNullable<Plan['lifetime']>): string {
  const least = whole ? '' : 'at least '
  const refused = allowed ? '' : ': refused without --no-lifetime-guard'
  return `${least}${shown(after)} of ${shown(limit)}, ${shown(fresh)} of them new${refused}`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** "55 kB", "1.2 GB". */
export function renderBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}
