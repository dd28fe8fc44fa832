import type { Campaign } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { parseWhole } from '../campaign-request.js'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { shown } from '../show/describe-counts.js'
import { describeState } from '../show/progress-line.js'
import { renderTable } from '../show/table.js'
import { renderTime } from '../show/time.js'

interface Options {
  readonly limit: number
  readonly cursor?: string
  readonly json?: true
}

export function addCampaignList(campaign: Command, context: Context, end: End): void {
  campaign
    .command('list')
    .description('list campaigns')
    .option('--limit <n>', 'at most so many, up to 1000', parseWhole, 100)
    .option('--cursor <cursor>', 'goes on where an earlier list ended')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: Options) => end(await listCampaigns(context, options)))
}

async function listCampaigns(context: Context, { limit, cursor, json }: Options): Promise<number> {
  const client = clientFromEnvironment(context.env)
  const page = await client.listCampaigns({ limit, ...(cursor === undefined ? {} : { cursor }) })
  if (json) {
    printJson(context, page)
    return EXIT.done
  }
  if (page.items.length === 0) printLine(context, 'no campaigns')
  else printLine(context, renderTable(HEADER, page.items.map(rowOf)))
  if (page.nextCursor !== null) context.stderr.write(`More: --cursor ${page.nextCursor}\n`)
  return EXIT.done
}

const HEADER = ['ID', 'APP', 'STATE', 'PRIORITY', 'PUBLISHED', 'REFUSED', 'TOTAL', 'CREATED', 'NAME']

function rowOf(campaign: Campaign): string[] {
  const { id, app, priority, counts, createdAt, name } = campaign
  const numbers = [counts.published, counts.refused, counts.total].map(shown)
  return [id, app, describeState(campaign), String(priority), ...numbers, renderTime(createdAt), name]
}
