import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Campaign, Client, Plan } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type CampaignOptions,
  type PlannedRequest,
  parseColor,
  parseEpoch,
  parseScenes,
  parseWhole,
  planCampaignRequest,
} from '../campaign-request.js'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeCounts } from '../show/describe-counts.js'
import { describePlan } from '../show/describe-plan.js'
import { watchCampaign } from '../watch-campaign.js'

type Options = CampaignOptions & {
  readonly idempotencyKey?: string
  readonly watch?: true
  readonly json?: true
}

export function addCampaignCreate(campaign: Command, context: Context, end: End): void {
  const command = campaign.command('create').description('make a campaign from a file, a list or a range')
  addSourceOptions(command)
  addLookOptions(command)
  addCourseOptions(command)
  command
    .option('--idempotency-key <key>', 'the same key with the same request makes no second campaign')
    .option('--watch', 'follow it to its end, as `campaign watch` does')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: Options) => end(await createCampaign(context, command, options)))
}

export function addCampaignPlan(campaign: Command, context: Context, end: End): void {
  const command = campaign
    .command('plan')
    .description('what such a campaign would come to: rows, calls, time, storage; nothing is made')
  addSourceOptions(command)
  addLookOptions(command)
  addCourseOptions(command)
  command
    .option('--json', 'one JSON document on stdout')
    .action(async (options: Options) => end(await planOnly(context, command, options)))
}

/** Exit code 3 when rows can never be printed. */
async function planOnly(context: Context, command: Command, options: Options): Promise<number> {
  const planned = plan(command, options)
  const client = clientFromEnvironment(context.env)
  const answer = await askPlan(context, command, client, planned)
  if (options.json) printJson(context, answer)
  else {
    printLine(context, describePlan(answer))
    tellIgnored(context, answer)
  }
  return answer.invalidRows > 0 ? EXIT.refusals : EXIT.done
}

async function askPlan(
  context: Context,
  command: Command,
  client: Client,
  planned: PlannedRequest,
): Promise<Plan> {
  if (planned.kind === 'whole') return await client.planCampaign(planned.request)
  const { fields, type } = planned
  return await client.planStream(fields, { type, body: await bodyOf(context, command, planned) })
}

function addSourceOptions(command: Command): void {
  command
    .requiredOption('--app <appid>', 'the Mini Program')
    .option('--name <name>', 'what the campaign is called; by default its id')
    .option('--csv <file>', 'rows with a header: scene, page, ref, caption; - reads stdin')
    .option('--ndjson <file>', 'one JSON row a line; - reads stdin')
    .option('--scenes <list>', 'scenes with commas between them', parseScenes)
    .option('--range <template>', "numbered scenes, as 't={n}'; {n:5} pads with zeros")
    .option('--from <n>', 'first number of the range', parseWhole)
    .option('--to <n>', 'last number of the range', parseWhole)
}

function addLookOptions(command: Command): void {
  command
    .addOption(choice('--endpoint <name>', 'what WeChat is asked for', 'unlimited', 'limited', 'qrcode'))
    .option('--page <path>', 'the page that codes open')
    .option('--width <px>', '280 to 1280', parseWhole)
    .option('--color <r,g,b|auto>', 'colour of the lines', parseColor)
    .option('--hyaline', 'transparent background')
    .addOption(choice('--env-version <version>', 'what the code opens', 'release', 'trial', 'develop'))
    .option('--epoch <n>', 'another number prints anew; now: the time in seconds', (text) => parseEpoch(text))
    .addOption(choice('--format <format>', 'of the picture', 'jpg', 'png'))
    .option('--no-check-path', "don't have WeChat check that the page is released")
}

/** A plan takes them too, so that the words of a `create` make its plan. */
function addCourseOptions(command: Command): void {
  command
    .option('--priority <n>', '1 to 9, 9 first', parseWhole)
    .option('--skip-bad-rows', 'leave out what can never be printed instead of refusing the whole')
    .option('--canary <n>', 'print so many first, then pause until `campaign resume` approves', parseWhole)
    .option('--no-lifetime-guard', "let it use up the app's 100,000 codes of the limited endpoints")
}

const choice = (flags: string, about: string, ...choices: string[]): Option =>
  new Option(flags, about).choices(choices)

async function createCampaign(context: Context, command: Command, options: Options): Promise<number> {
  const planned = plan(command, options)
  const client = clientFromEnvironment(context.env)
  const made = await send(context, command, client, planned, options.idempotencyKey)
  if (options.watch) {
    if (!options.json) describe(context, made)
    return watchCampaign(context, client, made.id, { json: options.json === true })
  }
  if (options.json) printJson(context, made)
  else describe(context, made)
  return EXIT.done
}

/** commander would tell what a parser of one option throws; a contradiction between options is told here. */
function plan(command: Command, options: Options): PlannedRequest {
  try {
    return planCampaignRequest(options)
  } catch (error) {
    if (error instanceof InvalidArgumentError) return command.error(`error: ${error.message}`)
    throw error
  }
}

async function send(
  context: Context,
  command: Command,
  client: Client,
  planned: PlannedRequest,
  idempotencyKey: string | undefined,
): Promise<Campaign> {
  const given = idempotencyKey === undefined ? {} : { idempotencyKey }
  if (planned.kind === 'whole') return client.createCampaign(planned.request, given)
  const { fields, type } = planned
  return client.streamCampaign(fields, { type, body: await bodyOf(context, command, planned) }, given)
}

type PlannedStream = Extract<PlannedRequest, { kind: 'stream' }>

const bodyOf = async (context: Context, command: Command, planned: PlannedStream): Promise<Readable> =>
  planned.file === '-' ? context.stdin : await openFile(command, planned)

/** Opened first, so that a missing file is told before anything is sent; a folder can be opened, and not be read. */
async function openFile(command: Command, { type, file }: PlannedStream): Promise<Readable> {
  const flag = type === 'text/csv' ? '--csv' : '--ndjson'
  const refuse = (error: Error) => command.error(`error: ${flag}: ${error.message}`)
  if ((await stat(file).catch(refuse)).isDirectory())
    return command.error(`error: ${flag}: expected a file, got the folder ${file}`)
  return (await open(file).catch(refuse)).createReadStream()
}

function describe(context: Context, campaign: Campaign): void {
  printLine(context, `${campaign.id}  ${campaign.state}  ${describeCounts(campaign.counts)}`)
  tellIgnored(context, campaign)
  if (campaign.counts.skipped > 0) {
    context.stderr.write(`What was left out: npx sunpress campaign bad-rows ${campaign.id}\n`)
  }
}

function tellIgnored({ stderr }: Context, { ignoredColumns = [] }: Pick<Campaign, 'ignoredColumns'>): void {
  if (ignoredColumns.length > 0) stderr.write(`Columns left out: ${ignoredColumns.join(', ')}\n`)
}
