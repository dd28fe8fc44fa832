import { EXIT } from '@sunpress/runtime'
import { type Command, Option } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import type { Context } from '../context.js'
import type { End } from '../program.js'
import { readPages } from '../read-pages.js'
import { jsonItems, writeText } from '../write-text.js'

const FORMATS = ['ndjson', 'csv', 'json'] as const
type Format = (typeof FORMATS)[number]

const MEDIA_TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv' } as const

export function addCampaignManifest(campaign: Command, context: Context, end: End): void {
  campaign
    .command('manifest')
    .description('list the published rows, with the address of each picture')
    .argument('<id>')
    .addOption(new Option('--format <format>', 'of the list').choices(FORMATS).default('ndjson'))
    .action(async (id: string, { format }: { format: Format }) => {
      await printManifest(context, id, format)
      end(EXIT.done)
    })
}

async function printManifest(context: Context, id: string, format: Format): Promise<void> {
  const client = clientFromEnvironment(context.env)
  // Tells of a key, an id or an address that is wrong before there is any output.
  await client.getCampaign(id)
  const rows =
    format === 'json'
      ? jsonItems(readPages((at) => client.manifestPage(id, at)))
      : untilBroken(await client.manifestText(id, MEDIA_TYPES[format]))
  await writeText(context.stdout, rows)
}

async function* untilBroken(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    throw new Error('the answer broke off: the list is not whole', { cause })
  }
}
