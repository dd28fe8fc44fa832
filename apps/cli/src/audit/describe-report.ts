/** What a verification came to, for people. Pure. */
import type { VerifyReport } from '@sunpress/audit'
import { shown } from '../show/describe-counts.js'

export function describeReport(report: VerifyReport): string {
  const { campaign, ended, purged, ledger } = report
  if (purged) return [...ledger, `${campaign}  not verified`].join('\n')
  return [...ledger, ...(ended ? [] : [describeOpen(report)]), describeCounts(report)].join('\n')
}

const describeOpen = ({ total, unlisted }: VerifyReport): string =>
  `it has not ended: ${shown(unlisted)} of its ${shown(total)} scenes have no row in a closed part of the manifest yet, and were not looked at; verify it again when it has ended`

function describeCounts({ campaign, ended, published, refused, unlisted, findings }: VerifyReport): string {
  const found = Object.entries(findings).filter(([, count]) => count > 0)
  return [
    `${campaign}  ${shown(published)} published${ended ? '' : ' in closed parts'}`,
    ...(refused > 0 ? [`${shown(refused)} refused`] : []),
    ...(ended && unlisted > 0 ? [`${shown(unlisted)} without a row`] : []),
    ...(found.length === 0
      ? published > 0
        ? ['all as published']
        : []
      : found.map(([kind, count]) => `${shown(count)} ${kind}`)),
  ].join('  ')
}
