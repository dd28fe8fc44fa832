import { createInterface } from 'node:readline/promises'
import type { App, Client, HoldFilter } from '@sunpress/client'
import { EXIT, type ExitCode } from '@sunpress/runtime'
import { type Command, Option } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { describeApp } from '../show/describe-app.js'

interface Json {
  readonly json?: true
}

export function addAppControls(app: Command, context: Context, end: End): void {
  const client = () => clientFromEnvironment(context.env)
  app
    .command('show')
    .description('an app: its quotas, what holds it, and the state of its token')
    .argument('<appid>')
    .option('--json', 'one JSON document on stdout')
    .action(async (appid: string, { json }: Json) => {
      show(context, await client().getApp(appid), json)
      end(EXIT.done)
    })
  app
    .command('resume')
    .description(
      'end the holds of an app, or those that are named; what caused one is met again if it is still there',
    )
    .argument('<appid>')
    .addOption(new Option('--scope <scope>', 'only these').choices(['app', 'lane', 'page', 'campaign']))
    .addOption(new Option('--lane <lane>', 'only that of a lane').choices(['unlimited', 'limited']))
    .option('--page <page>', 'only that of a page')
    .option('--campaign <id>', 'only that of a campaign')
    .option('--json', 'one JSON document on stdout')
    .action(async (appid: string, { json, ...filter }: HoldFilter & Json) => {
      show(context, await client().resumeApp(appid, filter), json)
      end(EXIT.done)
    })
  app
    .command('clear-quota')
    .description("start an app's daily quotas anew at WeChat; ten a month, never done by itself")
    .argument('<appid>')
    .option('--yes', 'without asking')
    .option('--json', 'one JSON document on stdout')
    .action(async (appid: string, options: Json & { yes?: true }) =>
      end(await clearQuota(context, client(), appid, options)),
    )
}

function show(context: Context, app: App, json: true | undefined): void {
  if (json) printJson(context, app)
  else printLine(context, describeApp(app))
}

async function clearQuota(
  context: Context,
  client: Pick<Client, 'getClears' | 'clearQuota'>,
  appid: string,
  { yes, json }: Json & { yes?: true },
): Promise<ExitCode> {
  const { left, limit } = await client.getClears(appid)
  const told = `${appid}: ${left} of ${limit} clearings are left this month, less those made in WeChat's console`
  if (yes !== true && !(await agreed(context, `${told}. Clear its quotas now? [y/N] `))) {
    context.stderr.write(`sunpress: not cleared; ${told}. --yes clears without asking\n`)
    return EXIT.failed
  }
  const after = await client.clearQuota(appid)
  if (json) printJson(context, after)
  else printLine(context, `${appid}  cleared  ${after.left} of ${after.limit} left this month`)
  return EXIT.done
}

/** Nobody is asked where nobody can answer. */
async function agreed({ stdin, stderr }: Context, question: string): Promise<boolean> {
  if (!('isTTY' in stdin) || stdin.isTTY !== true) return false
  const asking = createInterface({ input: stdin, output: stderr })
  try {
    return /^y(es)?$/i.test((await asking.question(question)).trim())
  } finally {
    asking.close()
  }
}
