/** `sunpress up` in a folder of its own, on free ports. */
import { mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AtEnd, pidsWithin, type Run, spawnSunpress } from './spawn-sunpress.js'

export const FREE_PORTS = { PORT: '0', METRICS_PORT: '0' }

export function makeFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sunpress-cli-')))
  atEnd(async () => {
    await noneWithin(folder)
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

export const startUp = (
  folder: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
  atEnd: AtEnd = onTestFinished,
): Run => spawnSunpress(['up', ...args], { cwd: folder, env: { ...FREE_PORTS, ...env }, atEnd })

/** The address in a service's ready line. */
export async function addressOf(
  run: Run,
  role: string,
  name: 'url' | 'adminUrl' | 'metricsUrl' = 'url',
): Promise<string> {
  const [line = ''] = await run.wrote(new RegExp(`^\\{"msg":"ready","role":"${role}".*\\}$`, 'm'))
  return String((JSON.parse(line) as Record<string, unknown>)[name])
}

export async function stopUp(run: Run): Promise<number | null> {
  run.child.kill('SIGINT')
  return run.exited
}

/** Resolves when nothing works in the folder any more. Processes of others send us no signal when they end. */
export async function noneWithin(folder: string): Promise<void> {
  while (pidsWithin(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
