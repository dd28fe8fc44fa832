/** Where everything of the ledger stands in the store. Relative to the store's prefix; all files carry versions. */
import type { AppId, CampaignId, CodeId, LookId } from '@sunpress/core'

export const campaignFolder = 'campaigns/'
export const openFolder = 'open/'

const under = (id: CampaignId): string => `${campaignFolder}${id}/`

export const campaignFile = (id: CampaignId): string => `${under(id)}campaign.json`
export const scenesFolder = (id: CampaignId): string => `${under(id)}scenes/`
export const scenePartFile = (id: CampaignId, part: number): string =>
  `${scenesFolder(id)}part-${part}.ndjson`
export const badRowsFile = (id: CampaignId, part: number): string =>
  `${scenesFolder(id)}badrows-${part}.ndjson`
export const controlFolder = (id: CampaignId): string => `${under(id)}control/`
export const controlFile = (id: CampaignId, seq: number): string => `${controlFolder(id)}${seq}.json`
export const manifestFolder = (id: CampaignId): string => `${under(id)}manifest/`
export const manifestPartFile = (id: CampaignId, firstN: number): string =>
  `${manifestFolder(id)}part-${firstN}.ndjson`
export const manifestIndexFile = (id: CampaignId): string => `${manifestFolder(id)}index.json`
/** `n`: the last row of its parts. */
export const laterIndexPrefix = (id: CampaignId): string => `${manifestFolder(id)}index-`
export const laterIndexFile = (id: CampaignId, n: number): string => `${laterIndexPrefix(id)}${n}.json`
/** `n`: rows that were closed when it was written. */
export const bitsPrefix = (id: CampaignId): string => `${under(id)}bits-`
export const bitsFile = (id: CampaignId, n: number): string => `${bitsPrefix(id)}${n}`
export const retriesFolder = (id: CampaignId): string => `${under(id)}retries/`
/** `seq` is the command's number in the control log. */
export const retryFile = (id: CampaignId, seq: number): string => `${retriesFolder(id)}${seq}`
export const healsFolder = (id: CampaignId): string => `${under(id)}healed/`
export const healMark = (id: CampaignId, by: CampaignId): string => `${healsFolder(id)}${by}.json`
/** What both of them begin with. */
export const purgeFiles = (id: CampaignId): string => `${under(id)}purg`
export const purgingFile = (id: CampaignId): string => `${under(id)}purging.json`
export const purgedFile = (id: CampaignId): string => `${under(id)}purged.json`
export const reportFile = (id: CampaignId): string => `${under(id)}report.json`
/** `retried`: the last `retry` that it knows of. */
export const laterReportPrefix = (id: CampaignId): string => `${under(id)}report-`
export const laterReportFile = (id: CampaignId, retried: number): string =>
  `${laterReportPrefix(id)}${retried}.json`
export const openMark = (id: CampaignId): string => `${openFolder}${id}`
/** One file for each time that an app's quotas were cleared in a month, `2026-11`. */
export const clearsOfMonth = (app: AppId, month: string): string => `apps/${app}/clears/${month}/`
export const clearFile = (app: AppId, month: string, number: number): string =>
  `${clearsOfMonth(app, month)}${number}.json`
/** Numbers grow; the highest one counts. */
export const auditMarksFolder = (app: AppId): string => `audits/${app}/`
export const auditMarkFile = (app: AppId, n: number): string => `${auditMarksFolder(app)}${n}.json`
/** One file for each attempt: two of the same campaign know nothing of each other. */
export const openingsFolder = (app: AppId): string => `opening/${app}/`
export const openingFile = (app: AppId, id: CampaignId, attempt: string): string =>
  `${openingsFolder(app)}${id}.${attempt}`
export const replacementFolder = (app: AppId, code: CodeId): string => `replaced/${app}/${code}/`
export const replacementFile = (app: AppId, code: CodeId, sha256: string): string =>
  `${replacementFolder(app, code)}${sha256}.json`
export const looksFolder = (app: AppId): string => `looks/${app}/`
export const lookFile = (app: AppId, look: LookId): string => `${looksFolder(app)}${look}.json`
export const vaultFolder = 'vault/'
export const vaultFile = (name: string): string => `${vaultFolder}${name}.json`
export const requestFile = (hash: string): string => `requests/${hash}.json`

/** The number in `…/part-17.ndjson` or `…/17.json`; null for anything else. */
export function numberIn(key: string): number | null {
  const match = /(?:^|\/)(?:part-)?(\d+)\.(?:ndjson|json)$/.exec(key)
  return match === null ? null : Number(match[1])
}
