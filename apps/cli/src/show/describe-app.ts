/** An app on a screen: a line for each of its lanes, and for each thing that holds it. Pure. */
import type { App, LaneQuotas } from '@sunpress/client'
import { shown } from './describe-counts.js'

type AppHold = NonNullable<App['holds']>[number]

export function describeApp({ appid, name, quotas, holds, token }: App): string {
  const { unlimited, limited } = quotas
  const ever = limited.lifetime === null ? [] : [use('in a lifetime', limited.lifetime)]
  return [
    `${appid}  ${name}  token: ${token.state}`,
    ['  unlimited', ...describeLane(unlimited)].join('  '),
    ['  limited  ', ...describeLane(limited), ...ever].join('  '),
    ...(holds === null
      ? ['  holds are not known now']
      : holds.map((hold) => `  held: ${describeHold(hold)}`)),
  ].join('\n')
}

const describeLane = ({ perMinute, perDay, rate, usedByOthers }: LaneQuotas): string[] => [
  use('this minute', perMinute),
  ...(perDay.limit === null && perDay.used === null ? [] : [use('today', perDay)]),
  ...(rate === null || rate === 1 ? [] : [`slowed to ${Math.round(rate * 100)} %`]),
  ...(usedByOthers === null || usedByOthers === 0 ? [] : [`${shown(usedByOthers)} more by others`]),
]

function use(
  when: string,
  { used, limit }: { readonly used: number | null; readonly limit: number | null },
): string {
  const parts = [used, limit].flatMap((part) => (part === null ? [] : [shown(part)]))
  return `${parts.join(' of ')} ${when}`
}

export function describeHold({ scope, lane, page, campaign, reason, message, until }: AppHold): string {
  const what = lane ?? (page === null ? campaign : `${page.page} (${page.envVersion})`)
  return [
    what === null ? scope : `${scope} ${what}`,
    `${reason} until ${until}`,
    ...(message === null ? [] : [message]),
  ].join('  ')
}
