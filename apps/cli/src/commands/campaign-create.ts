import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { EXIT } from '@sunpress/runtime'
import { type Command, InvalidArgumentError } from 'commander'
import { apiFromEnvironment } from '../api/api.js'
import type { Campaign } from '../api/shapes.js'
import {
  type CampaignOptions,
  type CampaignRequest,
  parseColor,
  parseEpoch,
  parseScenes,
  parseWhole,
  planCampaignRequest,
} from '../campaign-request.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeCounts } from '../show/describe-counts.js'
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
  command
    .option('--priority <n>', '1 to 9, 9 first', parseWhole)
    .option('--skip-bad-rows', 'leave out what can never be printed instead of refusing the whole')
    .option('--idempotency-key <key>', 'the same key with the same request makes no second campaign')
    .option('--watch', 'follow it to its end, as `campaign watch` does')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: Options) => end(await createCampaign(context, command, options)))
}

function addSourceOptions(command: Command): void {
  command
    .requiredOption('--app <appid>', 'the Mini Program')
    .requiredOption('--name <name>', 'what the campaign is called')
    .option('--csv <file>', 'rows with a header: scene, page, ref, caption; - reads stdin')
    .option('--ndjson <file>', 'one JSON row a line; - reads stdin')
    .option('--scenes <list>', 'scenes with commas between them', parseScenes)
    .option('--range <template>', "numbered scenes, as 't={n}'; {n:5} pads with zeros")
    .option('--from <n>', 'first number of the range', parseWhole)
    .option('--to <n>', 'last number of the range', parseWhole)
}

function addLookOptions(command: Command): void {
  command
    .option('--endpoint <name>', 'unlimited (default), limited or qrcode')
    .option('--page <path>', 'the page that codes open')
    .option('--width <px>', '280 to 1280', parseWhole)
    .option('--color <r,g,b|auto>', 'colour of the lines', parseColor)
    .option('--hyaline', 'transparent background')
    .option('--env-version <version>', 'release, trial or develop')
    .option('--epoch <n>', 'another number prints anew; now: the time in seconds', (text) => parseEpoch(text))
    .option('--format <format>', 'jpg or png')
    .option('--no-check-path', "don't have WeChat check that the page is released")
}

async function createCampaign(context: Context, command: Command, options: Options): Promise<number> {
  const request = planned(command, options)
  const api = apiFromEnvironment(context.env)
  const body = await openBody(command, request, context.stdin)
  const made = await api.createCampaign(request, body, options.idempotencyKey)
  if (options.watch) {
    if (!options.json) describe(context, made)
    return watchCampaign(context, api, made.id, { json: options.json === true })
  }
  if (options.json) printJson(context, made)
  else describe(context, made)
  return EXIT.done
}

/** commander would tell what a parser of one option throws; a contradiction between options is told here. */
function planned(command: Command, options: Options): CampaignRequest {
  try {
    return planCampaignRequest(options)
  } catch (error) {
    if (error instanceof InvalidArgumentError) return command.error(`error: ${error.message}`)
    throw error
  }
}

async function openBody(
  command: Command,
  { file }: CampaignRequest,
  stdin: Readable,
): Promise<Readable | null> {
  if (file === null) return null
  if (file === '-') return stdin
  // Opened first, so that a missing file is told before anything is sent.
  const opened = await open(file).catch((error: Error) => command.error(`error: ${error.message}`))
  return opened.createReadStream()
}

function describe(context: Context, campaign: Campaign): void {
  printLine(context, `${campaign.id}  ${campaign.state}  ${describeCounts(campaign.counts)}`)
  const ignored = campaign.ignoredColumns ?? []
  if (ignored.length > 0) context.stderr.write(`Columns left out: ${ignored.join(', ')}\n`)
}
