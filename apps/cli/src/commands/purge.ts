import { type Purged, purgeCampaign, wantedCodes } from '@sunpress/audit'
import { type AppId, type CampaignId, type CampaignRecord, isAppId, isCampaignId } from '@sunpress/core'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import { type Command, InvalidArgumentError } from 'commander'
import { type Audit, interruption, withAudit } from '../audit/open-audit.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { shown } from '../show/describe-counts.js'

interface Options {
  readonly campaign?: CampaignId
  readonly app?: AppId
  readonly olderThan?: number
  readonly yes?: true
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
    .option('--older-than <days>', 'only of campaigns that ended so long ago, as 90d', parseDays)
    .option('--yes', 'do it')
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
    const items = await withAudit(context.env, PARALLEL, (audit) =>
      purgeAll(audit, options, interrupted.signal),
    )
    const dryRun = options.yes !== true
    if (options.json) printJson(context, { dryRun, items })
    else for (const item of items) printLine(context, describe(item, dryRun))
    if (items.length === 0) context.stderr.write('sunpress: purge: no ended campaign is meant\n')
    return EXIT.done
  } finally {
    interrupted.done()
  }
}

type Item = { readonly campaign: CampaignId; readonly name: string } & Purged

async function purgeAll(audit: Audit, options: Options, signal: AbortSignal): Promise<Item[]> {
  const chosen = await choose(audit, options)
  const [first] = chosen
  if (first === undefined) return []
  const wanted = await wantedCodes(audit, first.app, new Set(chosen.map(({ id }) => id)))
  const items: Item[] = []
  for (const { id, name } of chosen) {
    const dryRun = options.yes !== true
    const purged = await purgeCampaign(audit, id, { dryRun, wanted, signal, onWithdrawn: () => {} })
    if (purged !== null) items.push({ campaign: id, name, ...purged })
  }
  return items
}

/** Ended campaigns of one app. */
async function choose({ campaigns, clock }: Audit, options: Options): Promise<CampaignRecord[]> {
  const before = options.olderThan === undefined ? Infinity : clock.now() - options.olderThan * DAY_MS
  const found: CampaignRecord[] = []
  const ids = options.campaign === undefined ? campaigns.list() : [options.campaign]
  for await (const id of ids) {
    const record = await campaigns.readCampaign(id)
    if (record === null || (options.app !== undefined && record.app !== options.app)) continue
    const report = await campaigns.readReport(id)
    if (report !== null && Date.parse(report.finishedAt) < before) found.push(record)
  }
  return found
}

const describe = ({ campaign, name, withdrawn, shared }: Item, dryRun: boolean): string =>
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
