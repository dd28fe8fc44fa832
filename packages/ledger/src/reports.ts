/**
 * What a campaign came to, end by end. Each end has a report of its own, create-only: report.json for the first, report-<n>.json for
 * a later one, n being the last `retry` that it knows of. The highest counts: whoever is late changes nothing.
 */
import type { CampaignId, CampaignReport, Records } from '@sunpress/core'
import { listNumbers, readJson, toJson } from './files.js'
import { laterReportFile, laterReportPrefix, reportFile } from './paths.js'

const VERSION = 1

/** That of the last end; null before the first. */
export async function readReport(records: Records, id: CampaignId): Promise<CampaignReport | null> {
  const first = await readJson<CampaignReport>(records, reportFile(id), VERSION)
  if (first?.state !== 'completed') return first
  const last = (await listNumbers(records, laterReportPrefix(id), '.json')).at(-1) ?? 0
  if (last <= retriedOf(first)) return first
  return await readJson<CampaignReport>(records, laterReportFile(id, last), VERSION)
}

/** Gives the report that counts: ours, or the one that another leader has written of this end, or of a later one. */
export async function writeReport(records: Records, report: CampaignReport): Promise<CampaignReport> {
  const { id } = report
  const bytes = toJson(report)
  if ((await records.putIfAbsent(reportFile(id), bytes)) === 'created') return report
  const there = await readReport(records, id)
  if (there !== null && !isEarlier(there, report)) return there
  await records.putIfAbsent(laterReportFile(id, retriedOf(report)), bytes)
  return (await readReport(records, id)) ?? report
}

/** Only what was completed can be opened again, and end anew. */
const isEarlier = (report: CampaignReport, than: CampaignReport): boolean =>
  report.state === 'completed' && retriedOf(report) < retriedOf(than)

const retriedOf = ({ retried = 0 }: CampaignReport): number => retried
