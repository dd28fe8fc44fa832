import { type Finding, isSound, type VerifyReport, verifyCampaign } from '@sunpress/audit'
import { type CampaignId, isCampaignId } from '@sunpress/core'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import type { Command } from 'commander'
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
  readonly json?: true
}

const PARALLEL = 32
/** Findings kept for `--json`; all of them are counted, and told as they come. */
const MOST_LISTED = 10_000

export function addVerify(program: Command, context: Context, end: End): void {
  program
    .command('verify')
    .description('read every picture of a campaign again; exit code 3 when one is not as it was published')
    .argument('<campaign>')
    .option('--parallel <n>', 'pictures read at a time', parseWhole, PARALLEL)
    .option('--heal', 'print what is not as it was published again, and tell which URLs to purge')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, options: Options) => end(await verify(context, id, options)))
}

async function verify(context: Context, id: string, options: Options): Promise<ExitCode> {
  const { parallel, json } = options
  if (!isCampaignId(id)) return misused(context, id)
  const screen = createScreen(json ? context.stderr : context.stdout)
  const interrupted = interruption()
  const findings: Finding[] = []
  try {
    const done = await withAudit(context.env, parallel, async (audit) => {
      const report = await verifyCampaign(audit, id, {
        parallel,
        signal: interrupted.signal,
        onFinding: (finding) => {
          if (findings.length < MOST_LISTED) findings.push(finding)
          if (json !== true) screen.print(describeFinding(finding))
        },
        onChecked: (checked, total) =>
          screen.status(
            (columns) => renderBarLine(checked, total, columns),
            () => renderBarText(checked, total),
          ),
      })
      screen.settle()
      const healed = options.heal === true ? await heal(context, audit, id, findings) : null
      return { report, healed }
    })
    const { report, healed } = done
    if (report === null) return misused(context, id)
    if (json) printJson(context, { ...report, sound: isSound(report), items: findings, healed })
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
  findings: readonly Finding[],
): Promise<HealedReport | null> {
  const client = clientFromEnvironment(context.env)
  const healed = await healCampaign(audit, client, id, findings)
  if (healed === null) return null
  const { id: campaign } = healed.campaign
  await followCampaign(client, campaign, { clock: audit.clock, onAway: () => {}, onProgress: () => {} })
  const urlsToPurge: string[] = []
  for await (const { url } of client.manifest(campaign)) urlsToPurge.push(url)
  return { campaign, replaced: urlsToPurge.length, urlsToPurge }
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
        ? ['all as published']
        : found.map(([kind, count]) => `${shown(count)} ${kind}`)),
    ].join('  '),
  ].join('\n')
}
