import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { ProblemError, type ScheduleRequest } from '@sunpress/client'
import { EXIT } from '@sunpress/runtime'
import { type Command, InvalidArgumentError } from 'commander'
import { clientFromEnvironment } from '../client-from-environment.js'
import { type Context, printJson, printLine } from '../context.js'
import { exitCodeOfAnswer } from '../exit-code-of-answer.js'
import type { End } from '../program.js'
import { errorDocument } from '../show/error-document.js'

interface Options {
  readonly name?: string
  readonly json?: true
}

export function addSchedulePut(schedule: Command, context: Context, end: End): void {
  const command = schedule.command('put')
  command
    .description('make a schedule, or replace it')
    .argument('<file>', 'JSON as in PUT /v1/schedules/{name}, its name beside the other fields; - for stdin')
    .option('--name <name>', 'in place of the one in the file')
    .option('--json', 'one JSON document on stdout')
    .action(async (file: string, options: Options) => {
      const written = await readText(context, file).catch((error: Error) =>
        command.error(`error: ${file} can't be read: ${error.message}`),
      )
      end(await putSchedule(context, readSchedule(command, file, written, options.name), options))
    })
}

const readText = (context: Context, file: string): Promise<string> =>
  file === '-' ? text(context.stdin) : readFile(file, 'utf8')

/** Commander shows of what an action throws only what was said by its command. */
function readSchedule(command: Command, file: string, written: string, named: string | undefined) {
  try {
    return parseFile(written, named)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    return command.error(`error: ${file}: ${error.message}`)
  }
}

/** Throws InvalidArgumentError; what a schedule may say is the producer's to judge. Pure. */
export function parseFile(
  written: string,
  named: string | undefined,
): { name: string; request: ScheduleRequest } {
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch (error) {
    throw new InvalidArgumentError(`expected a file of JSON: ${error instanceof Error ? error.message : ''}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError('expected a JSON object')
  }
  const { name = named, ...request } = value as { readonly name?: unknown }
  const chosen = named ?? name
  if (typeof chosen === 'string' && chosen !== '')
    return { name: chosen, request: request as ScheduleRequest }
  throw new InvalidArgumentError('expected a name: "name" in the file, or --name')
}

async function putSchedule(
  context: Context,
  { name, request }: ReturnType<typeof parseFile>,
  { json }: Options,
): Promise<number> {
  try {
    const schedule = await clientFromEnvironment(context.env).putSchedule(name, request)
    if (json) printJson(context, schedule)
    else printLine(context, `${schedule.name}  next run ${schedule.nextRunAt ?? 'none: it is paused'}`)
    return EXIT.done
  } catch (error) {
    if (!(error instanceof ProblemError) || error.errors.length === 0) throw error
    // In the words of the file: no flag stands for them.
    const lines = error.errors.map(({ pointer, message }) => `  ${pointer ?? ''}  ${message}`)
    context.stderr.write(`${[`sunpress: ${error.detail} (${error.status})`, ...lines].join('\n')}\n`)
    if (json) printJson(context, errorDocument(error))
    return exitCodeOfAnswer(error)
  }
}
