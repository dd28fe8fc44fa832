/** The tree of commands. Promises that what a command needs is loaded only when that command runs. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addAppControls } from './commands/app-control.js'
import { addAppList } from './commands/app-list.js'
import { addCampaignControls } from './commands/campaign-control.js'
import { addCampaignCreate, addCampaignPlan } from './commands/campaign-create.js'
import { addCampaignList } from './commands/campaign-list.js'
import { addCampaignManifest } from './commands/campaign-manifest.js'
import { addCampaignRows } from './commands/campaign-rows.js'
import { addCampaignShow } from './commands/campaign-show.js'
import { addCampaignWatch } from './commands/campaign-watch.js'
import { addCodeFind, addCodeGet } from './commands/code-get.js'
import { addProducer } from './commands/producer.js'
import { addPurge } from './commands/purge.js'
import { addScheduleControls } from './commands/schedule-control.js'
import { addSchedulePut } from './commands/schedule-put.js'
import { addScheduleShow } from './commands/schedule-show.js'
import { addSimulator } from './commands/simulator.js'
import { addUp } from './commands/up.js'
import { addVerify } from './commands/verify.js'
import { addWorker } from './commands/worker.js'
import type { Context } from './context.js'

/** Takes the exit code of the command that ran. */
export type End = (code: number) => void

export function createProgram(context: Context, end: End): Command {
  const program = new Command('sunpress')
    .description('Prints WeChat Mini Program codes ahead of time')
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .enablePositionalOptions()
    .addHelpText('after', EXIT_CODES)
  for (const add of [addUp, addProducer, addWorker, addSimulator]) add(program, context, end)
  const campaign = program.command('campaign').description('make campaigns and follow them')
  for (const add of CAMPAIGN_COMMANDS) add(campaign, context, end)
  const code = program.command('code').description('look at single codes')
  for (const add of [addCodeGet, addCodeFind]) add(code, context, end)
  const app = program.command('app').description('look at the apps that are printed for, and steer them')
  for (const add of [addAppList, addAppControls]) add(app, context, end)
  const schedule = program.command('schedule').description('campaigns that are made every night')
  for (const add of [addSchedulePut, addScheduleShow, addScheduleControls]) add(schedule, context, end)
  addVerify(program, context, end)
  addPurge(program, context, end)
  return program
}

const CAMPAIGN_COMMANDS = [
  addCampaignCreate,
  addCampaignPlan,
  addCampaignList,
  addCampaignShow,
  addCampaignWatch,
  addCampaignRows,
  addCampaignManifest,
  addCampaignControls,
]

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done with refusals or defects.
SUNPRESS_API_URL and SUNPRESS_API_KEY tell the campaign, code, app and schedule commands where to ask.
verify and purge look into the store itself: SUNPRESS_STORE, and AWS_… for S3.`

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
