import { type Chosen, choosePurged, type PurgedItem, purgeCampaigns, type StillUsed } from '@sunpress/audit'
import { type AppId, type CampaignId, isAppId, isCampaignId } from '@sunpress/core'
import type { AuditMarkTaken } from '@sunpress/ledger'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import { type Command, InvalidArgumentError } from 'commander'
import { auditHolder, describeTaken } from '../audit/audit-holder.js'
import { ledgerAddress } from '../audit/ledger-address.js'
import { type Audit, interruption, withAudit } from '../audit/open-audit.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { shown } from '../show/describe-counts.js'

interface Options {
  readonly campaign?: CampaignId
  readonly app?: AppId
  readonly olderThan?: number
  readonly yes?: true
  readonly force?: true
  readonly json?: true
}

const PARALLEL = 32
const DAY_MS = 86_400_000

export function addPurge(program: Command, context: Context, end: End): void {
  program
    .command('purge')
    .description(
      'take pictures away for good, but for those that other campaigns have published; without --yes it only counts',
    )
    .option('--campaign <id>', 'those of one campaign', parseCampaign)
    .option('--app <appid>', 'those of all ended campaigns of an app', parseApp)
    .option(
      '--older-than <days>',
      'only of campaigns that ended so long ago, as 90d, and by which no schedule goes',
      parseDays,
    )
    .option('--yes', 'do it')
    .option('--force', 'though another purge or heal of the app seems to be at work: when it died')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: Options) => end(await purge(context, options)))
}

async function purge(context: Context, options: Options): Promise<ExitCode> {
  if ((options.campaign === undefined) === (options.app === undefined)) {
    context.stderr.write('sunpress: purge: expected one of --campaign and --app\n')
    return EXIT.misused
  }
  const interrupted = interruption()
  try {
    const outcome = await withAudit(context.env, PARALLEL, (audit) =>
      purgeChosen(audit, context, options, interrupted.signal),
    )
    const dryRun = options.yes !== true
    const { items, used } = outcome
    if (options.json) printJson(context, { dryRun, items, used })
    else for (const line of describePurge(items, used, dryRun)) printLine(context, line)
    const { complaints, code } = judgePurge(outcome, ledgerAddress(context.env))
    for (const complaint of complaints) context.stderr.write(`sunpress: purge: ${complaint}\n`)
    return code
  } finally {
    interrupted.done()
  }
}

export interface PurgeOutcome {
  readonly items: readonly PurgedItem[]
  readonly open: readonly CampaignId[]
  readonly purged: readonly CampaignId[]
  readonly unknown: readonly CampaignId[]
  readonly used: readonly StillUsed[]
  readonly taken: (AuditMarkTaken & { readonly app: AppId }) | null
}

async function purgeChosen(
  audit: Audit,
  { stderr }: Context,
  options: Options,
  signal: AbortSignal,
): Promise<PurgeOutcome> {
  const { campaign, app, olderThan, force } = options
  const beforeMs = olderThan === undefined ? null : audit.clock.now() - olderThan * DAY_MS
  const chosen: Chosen = await choosePurged(audit, { campaign, app, beforeMs })
  const outcome = { ...chosen, items: [], taken: null }
  const [first] = chosen.campaigns
  if (first === undefined) return outcome
  const done = await purgeCampaigns(audit, {
    ...{ app: first.app, campaigns: chosen.campaigns, dryRun: options.yes !== true },
    ...{ holder: auditHolder('purge'), force: force === true, signal },
    onWaiting: (openings) => void stderr.write(`sunpress: purge: ${describeWaiting(openings)}\n`),
  })
  if (done.kind === 'taken') return { ...outcome, taken: { app: first.app, ...done } }
  return { ...outcome, items: done.items, open: [...chosen.open, ...done.open] }
}

/** What is to be said on stderr, and how the command ends. Pure. */
export function judgePurge(
  { items, open, purged, unknown, used, taken }: PurgeOutcome,
  ledger: string,
): {
  readonly complaints: readonly string[]
  readonly code: ExitCode
} {
  const complaints = [
    ...unknown.map((id) => `there is no campaign ${id} in ${ledger}`),
    ...open.map((id) => `${id} has not ended, or was opened again: cancel it, or wait for its end`),
    ...(taken === null ? [] : [describeTaken(taken.app, taken)]),
  ]
  if (unknown.length > 0) return { complaints, code: EXIT.misused }
  if (complaints.length > 0) return { complaints, code: EXIT.failed }
  if (items.length > 0 || used.length > 0) return { complaints, code: EXIT.done }
  const [only] = purged
  const said =
    only !== undefined && purged.length === 1
      ? `${only} was purged before`
      : `no ended campaign in ${ledger} is meant`
  return { complaints: [said], code: EXIT.done }
}

/** One whose maker died is waited for as well. */
const describeWaiting = (openings: number): string =>
  `waiting for ${openings === 1 ? 'a campaign that is' : `${shown(openings)} campaigns that are`} just being opened: seconds, or a quarter of an hour`

/** Pure. */
export const describePurge = (
  items: readonly PurgedItem[],
  used: readonly StillUsed[],
  dryRun: boolean,
): readonly string[] => [
  ...items.map((item) => describe(item, dryRun)),
  ...used.map(
    ({ campaign, schedule }) =>
      `${campaign}  stays: the newest of schedule ${schedule}, whose pictures may all be its (--campaign takes it)`,
  ),
]

const describe = ({ campaign, name, withdrawn, shared }: PurgedItem, dryRun: boolean): string =>
  [
    `${campaign}  ${name}  ${shown(withdrawn)} ${dryRun ? 'to be withdrawn (--yes does it)' : 'withdrawn'}`,
    ...(shared > 0 ? [`${shown(shared)} stay: others have published them`] : []),
  ].join('  ')

function parseCampaign(text: string): CampaignId {
  if (isCampaignId(text)) return text
  throw new InvalidArgumentError('Expected the id of a campaign.')
}

function parseApp(text: string): AppId {
  if (isAppId(text)) return text
  throw new InvalidArgumentError('Expected "wx" and 16 lower-case hex digits.')
}

function parseDays(text: string): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  if (days !== undefined) return Number(days)
  throw new InvalidArgumentError('Expected days, as 90d.')
}
