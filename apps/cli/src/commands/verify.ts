import {
  FINDING_KINDS,
  type Finding,
  isHealable,
  isSound,
  type VerifyReport,
  verifyCampaign,
} from '@sunpress/audit'
import { isCampaignId } from '@sunpress/core'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import type { Command } from 'commander'
import { describeReport } from '../audit/describe-report.js'
import { createFound, type Found } from '../audit/found.js'
import { healCampaign } from '../audit/heal-campaign.js'
import { describeHealed, type HealOutcome, judgeVerify, readOutcome } from '../audit/heal-outcome.js'
import { ledgerAddress } from '../audit/ledger-address.js'
import { type Audit, interruption, withAudit } from '../audit/open-audit.js'
import { parseWhole } from '../campaign-request.js'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import { followCampaign } from '../follow-campaign.js'
import type { End } from '../program.js'
import { renderBarLine, renderBarText } from '../show/bar.js'
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
    .description(
      'read every picture of a campaign again; exit code 3 when one is not as it was published, and was not healed; 1 when the campaign has not ended, or was purged',
    )
    .argument('<campaign>')
    .option('--parallel <n>', 'pictures read at a time', parseWhole, PARALLEL)
    .option('--heal', 'print what is not as it was published again, and tell which URLs to purge')
    .option('--force', 'heal though another purge or heal of the app seems to be at work: when it died')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, options: Options) => end(await verify(context, id, options)))
}

async function verify(context: Context, id: string, options: Options): Promise<ExitCode> {
  const { parallel, json } = options
  if (!isCampaignId(id)) return misused(context, `expected the id of a campaign, got ${id}`)
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
        options.heal === true && report !== null
          ? await heal(context, audit, report, { found, force: options.force === true })
          : null
      return { report, healed }
    })
    const { report, healed } = done
    if (report === null)
      return misused(context, `expected a campaign in ${ledgerAddress(context.env)}, got ${id}`)
    if (json) printJson(context, { ...report, sound: isSound(report), items: found.listed, healed })
    else printLine(context, describeReport(report))
    if (healed !== null && json !== true) printLine(context, describeHealed(healed))
    return judgeVerify(report, healed)
  } finally {
    screen.settle()
    interrupted.done()
  }
}

/** null when there is nothing to heal. */
async function heal(
  context: Context,
  audit: Audit,
  report: VerifyReport,
  { found, force }: { readonly found: Found; readonly force: boolean },
): Promise<HealOutcome | null> {
  const healable = countHealable(report)
  if (healable === 0) return null
  const client = clientFromEnvironment(context.env)
  const healed = await healCampaign(audit, client, report.campaign, found.healable, { force })
  if (healed === null) return { campaign: null, replaced: 0, refused: [], left: healable, urlsToPurge: [] }
  const { id } = healed.campaign
  const follow = { clock: audit.clock, onAway: () => {}, onProgress: () => {} }
  const ended = await followCampaign(client, id, follow)
  return await readOutcome(audit, client, ended, healable)
}

/** Also those that are too many for one run. Pure. */
const countHealable = ({ findings }: VerifyReport): number =>
  FINDING_KINDS.filter((kind) => isHealable({ kind })).reduce((sum, kind) => sum + findings[kind], 0)

function misused({ stderr }: Context, said: string): ExitCode {
  stderr.write(`sunpress: campaign: ${said}\n`)
  return EXIT.misused
}

/** Pure. */
export const describeFinding = ({ kind, index, row, key, message }: Finding): string =>
  `${kind}  ${index}  ${row.scene}  ${key}  ${message}`
