import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CodeQuery, FoundCode } from '@sunpress/client'
import { ENV_VERSIONS } from '@sunpress/core'
import { EXIT } from '@sunpress/runtime'
import { type Command, Option } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { checkPicture, writeWhole } from '../write-whole.js'

interface Options {
  readonly out?: string
  readonly json?: true
}

export function addCodeGet(code: Command, context: Context, end: End): void {
  const command = code.command('get')
  command
    .description('show what is known of a code, or fetch its picture')
    .argument('<code id>')
    .option('--out <file>', 'write the picture there, checked and whole')
    .option('--json', 'one JSON document on stdout')
    .action(async (id: string, options: Options) => {
      if (options.out !== undefined) await checkFolder(command, options.out)
      end(await getCode(context, id, options))
    })
}

export function addCodeFind(code: Command, context: Context, end: End): void {
  code
    .command('find')
    .description('find the codes of a scene in all looks, the newest look first')
    .requiredOption('--app <appid>', 'the Mini Program')
    .requiredOption('--scene <scene>', 'the scene, or the path of a limited endpoint')
    .option('--page <path>', 'only of this page')
    .addOption(new Option('--env-version <version>', 'only of this version').choices(ENV_VERSIONS))
    .option('--json', 'one JSON document on stdout')
    .action(async ({ json, ...query }: CodeQuery & { json?: true }) => {
      const found = await clientFromEnvironment(context.env).findCodes(query)
      if (json) printJson(context, found)
      else for (const each of found.items) printLine(context, describeFound(each))
      end(EXIT.done)
    })
}

const describeFound = ({ codeId, look, bytes, closedAt, url }: FoundCode): string =>
  `${codeId}  ${look.page ?? look.endpoint}  ${look.width} px  epoch ${look.epoch}  ${look.envVersion}  ${bytes} bytes  ${closedAt}  ${url}`

/** First, so that a mistyped path is told before anything is fetched. */
async function checkFolder(command: Command, out: string): Promise<void> {
  const folder = await stat(dirname(out)).catch(() => null)
  if (folder?.isDirectory() !== true) command.error(`error: --out: there is no folder ${dirname(out)}`)
}

async function getCode(context: Context, id: string, { out, json }: Options): Promise<number> {
  const client = clientFromEnvironment(context.env)
  const code = await client.getCode(id)
  if (out !== undefined) {
    const { bytes } = await client.getPicture(id)
    checkPicture(bytes, code)
    await writeWhole(out, bytes)
  }
  if (json) printJson(context, out === undefined ? code : { ...code, file: out })
  else if (out !== undefined) printLine(context, `${out}  ${code.bytes} bytes  sha256 ${code.sha256}`)
  else printLine(context, describeFields(code))
  return EXIT.done
}

/** One field a line, the names in a column; nested values as JSON. */
function describeFields(document: object): string {
  const fields = Object.entries(document)
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('\n')
}
