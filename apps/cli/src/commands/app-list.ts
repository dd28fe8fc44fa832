import type { App } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import type { Command } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import type { End } from '../program.js'
import { shown } from '../show/describe-counts.js'
import { renderTable } from '../show/table.js'

export function addAppList(app: Command, context: Context, end: End): void {
  app
    .command('list')
    .description('list the apps that are printed for, and what holds them')
    .option('--json', 'one JSON document on stdout')
    .action(async ({ json }: { json?: true }) => {
      const page = await clientFromEnvironment(context.env).listApps({ limit: 1_000 })
      if (json) printJson(context, page)
      else printLine(context, renderTable(HEADER, page.items.map(rowOf)))
      end(EXIT.done)
    })
}

const HEADER = ['APP', 'A MINUTE', 'LIMITED A DAY', 'TOKEN', 'HELD', 'NAME']

function rowOf({ appid, name, quotas, token, holds }: App): string[] {
  const { unlimited, limited } = quotas
  const held =
    holds === null ? '?' : holds.map(({ scope, lane, reason }) => `${lane ?? scope}: ${reason}`).join(', ')
  return [
    appid,
    shown(unlimited.perMinute.limit),
    limited.perDay.limit === null ? '-' : shown(limited.perDay.limit),
    token.state,
    held || '-',
    name,
  ]
}
