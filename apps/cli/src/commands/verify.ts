import { type Finding, isSound, recordReplacements, type VerifyReport, verifyCampaign } from '@sunpress/audit'
import type { Client } from '@sunpress/client'
import { type AppId, type CampaignId, type CodeId, isCampaignId } from '@sunpress/core'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import type { Command } from 'commander'
import { createFound, type Found } from '../audit/found.js'
import { healCampaign } from '../audit/heal-campaign.js'
import { type Audit, interruption, withAudit } from '../audit/open-audit.js'
import { parseWhole } from '../campaign-request.js'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import { followCampaign } from '../follow-campaign.js'
import type { End } from '../program.js'
import { renderBarLine, renderBarText } from '../show/bar.js'
import { shown } from '../show/describe-counts.js'
import { createScreen } from '../show/screen.js'

interface Options {
  readonly parallel: number
  readonly heal?: true
  readonly force?: true
  readonly json?: true
}

const PARALLEL = 32

export function addVerify(program: Command, context: Context, end: End): void {
  program
    .command('verify')
    .description('read every picture of a campaign again; exit code 3 when one is not as it was published')
    .argument('<campaign>')
    .option('--parallel <n>', 'pictures read at a time', parseWhole, PARALLEL)
    .option('--heal', 'print what is not as it was published again, and tell which URLs to purge')
    .option('--force', 'heal though another purge or heal of the app seems to be at work: when it died')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, options: Options) => end(await verify(context, id, options)))
}

async function verify(context: Context, id: string, options: Options): Promise<ExitCode> {
  const { parallel, json } = options
  if (!isCampaignId(id)) return misused(context, id)
  const screen = createScreen(json ? context.stderr : context.stdout)
  const interrupted = interruption()
  const found = createFound()
  try {
    const done = await withAudit(context.env, parallel, async (audit) => {
      const report = await verifyCampaign(audit, id, {
        parallel,
        signal: interrupted.signal,
        onFinding: (finding) => {
          found.add(finding)
          if (json !== true) screen.print(describeFinding(finding))
        },
        onChecked: (checked, total) =>
          screen.status(
            (columns) => renderBarLine(checked, total, columns),
            () => renderBarText(checked, total),
          ),
      })
      screen.settle()
      const healed =
        options.heal === true
          ? await heal(context, audit, id, { found, force: options.force === true })
          : null
      return { report, healed }
    })
    const { report, healed } = done
    if (report === null) return misused(context, id)
    if (json) printJson(context, { ...report, sound: isSound(report), items: found.listed, healed })
    else printLine(context, describeReport(report))
    if (healed !== null && json !== true) printLine(context, describeHealed(healed))
    return isSound(report) ? EXIT.done : EXIT.refusals
  } finally {
    screen.settle()
    interrupted.done()
  }
}

interface HealedReport {
  readonly campaign: string
  readonly replaced: number
  /** Whatever holds copies of them holds the old pictures. */
  readonly urlsToPurge: readonly string[]
}

async function heal(
  context: Context,
  audit: Audit,
  id: CampaignId,
  { found, force }: { readonly found: Found; readonly force: boolean },
): Promise<HealedReport | null> {
  const client = clientFromEnvironment(context.env)
  const healed = await healCampaign(audit, client, id, found.healable, { force })
  if (healed === null) return null
  const { id: campaign, app } = healed.campaign
  await followCampaign(client, campaign, { clock: audit.clock, onAway: () => {}, onProgress: () => {} })
  const urlsToPurge: string[] = []
  const rows = replacedRows(client, campaign, (url) => urlsToPurge.push(url))
  await recordReplacements(audit, { app: app as AppId, id: campaign as CampaignId }, rows)
  return { campaign, replaced: urlsToPurge.length, urlsToPurge }
}

async function* replacedRows(client: Client, campaign: string, onUrl: (url: string) => void) {
  for await (const { codeId, sha256, url } of client.manifest(campaign)) {
    onUrl(url)
    yield { codeId: codeId as CodeId, sha256 }
  }
}

/** Pure. */
export const describeHealed = ({ campaign, replaced, urlsToPurge }: HealedReport): string =>
  [`${shown(replaced)} replaced by ${campaign}. To be purged wherever copies are held:`, ...urlsToPurge].join(
    '\n',
  )

function misused(context: Context, id: string): ExitCode {
  context.stderr.write(`sunpress: campaign: expected the id of a campaign in this store, got ${id}\n`)
  return EXIT.misused
}

/** Pure. */
export const describeFinding = ({ kind, index, row, key, message }: Finding): string =>
  `${kind}  ${index}  ${row.scene}  ${key}  ${message}`

/** Pure. */
export function describeReport(report: VerifyReport): string {
  const { campaign, published, refused, unlisted, findings, ledger } = report
  const found = Object.entries(findings).filter(([, count]) => count > 0)
  return [
    ...ledger,
    [
      `${campaign}  ${shown(published)} published`,
      ...(refused > 0 ? [`${shown(refused)} refused`] : []),
      ...(unlisted > 0 ? [`${shown(unlisted)} without a row`] : []),
      ...(found.length === 0
        ? published > 0
          ? ['all as published']
          : []
        : found.map(([kind, count]) => `${shown(count)} ${kind}`)),
    ].join('  '),
  ].join('\n')
}
