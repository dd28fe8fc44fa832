/** `campaign failures` and `campaign bad-rows`: what was not printed, a line each, or all of it as one document. */
import type { BadRow, Client, Failure, Page, PageOptions } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import type { Context } from '../context.js'
import type { End } from '../program.js'
import { readPages } from '../read-pages.js'
import { describeBadRow } from '../show/describe-error.js'
import { jsonItems, writeText } from '../write-text.js'

interface Rows<T> {
  readonly name: string
  readonly about: string
  readonly read: (client: Client, id: string) => (at: PageOptions) => Promise<Page<T>>
  readonly describe: (row: T) => string
}

const FAILURES: Rows<Failure> = {
  name: 'failures',
  about: 'list the scenes that were refused, with their reasons',
  read: (client, id) => (at) => client.failuresPage(id, at),
  describe: describeFailure,
}

const BAD_ROWS: Rows<BadRow> = {
  name: 'bad-rows',
  about: 'list the rows that --skip-bad-rows left out, and what is wrong with them',
  read: (client, id) => (at) => client.badRowsPage(id, at),
  describe: describeBadRow,
}

export function addCampaignRows(campaign: Command, context: Context, end: End): void {
  addRows(campaign, context, end, FAILURES)
  addRows(campaign, context, end, BAD_ROWS)
}

function addRows<T>(campaign: Command, context: Context, end: End, kind: Rows<T>): void {
  campaign
    .command(kind.name)
    .description(kind.about)
    .argument('<id>')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, { json }: { json?: true }) => {
      const rows = readPages(kind.read(clientFromEnvironment(context.env), id))
      await writeText(context.stdout, json ? jsonItems(rows) : lines(rows, kind))
      end(EXIT.done)
    })
}

async function* lines<T>(rows: AsyncIterable<T>, { name, describe }: Rows<T>): AsyncGenerator<string> {
  let some = false
  for await (const row of rows) {
    yield `${describe(row)}\n`
    some = true
  }
  if (!some) yield `no ${name.replace('-', ' ')}\n`
}

/** "5  s=6  invalid_page  errcode 41030  1 attempt  rid 66…": the row's index first, then what is known. Pure. */
export function describeFailure({ index, scene, ref, reason, errcode, attempts, rid }: Failure): string {
  return [
    String(index),
    scene,
    ...(ref === null ? [] : [`ref ${ref}`]),
    reason,
    ...(errcode === null ? [] : [`errcode ${errcode}`]),
    `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    ...(rid === null ? [] : [`rid ${rid}`]),
  ].join('  ')
}
