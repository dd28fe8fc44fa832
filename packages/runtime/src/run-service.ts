/** A service process from its command line to its exit code: what `sunpress producer` and `sunpress worker` have in common. */
import { isFault } from '@sunpress/core'
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js'
import { type RunOptions, runUntilSignal } from './run-until-signal.js'
import { endWhenPipeCloses } from './tether.js'

export interface ServiceProcess {
  readonly role: string
  readonly argv: readonly string[]
  readonly stderr: { write(text: string): unknown }
  /** Makes secrets unreadable in whatever goes to stderr. */
  readonly scrub: (text: string) => string
  /** Reads the configuration and builds the service; what it throws goes to stderr, since there may be no log yet. */
  open(): OpenService
}

export interface OpenService extends Pick<RunOptions, 'lifecycle' | 'ended'> {
  /** Ends when the pipe on file descriptor 3 closes. */
  readonly tethered: boolean
  readonly log: {
    info(facts: object, text: string): void
    fatal(facts: object, text: string): void
  }
}

/** Takes no arguments: everything is in the environment. */
export async function runService(service: ServiceProcess): Promise<ExitCode> {
  const { argv, role, scrub, stderr } = service
  if (argv.length > 0) {
    stderr.write(`sunpress ${role}: expected no arguments, got ${argv.join(' ')}\n`)
    return EXIT.misused
  }
  try {
    const { lifecycle, ended, tethered, log } = service.open()
    const tether = tethered ? endWhenPipeCloses() : null
    const code = await runUntilSignal({
      lifecycle,
      ...(ended === undefined ? {} : { ended }),
      ...(tether === null ? {} : { cut: tether.cut }),
      onStopping: (why) => log.info({ why }, 'stopping'),
      onFailure: (fault) => log.fatal({ fault }, isFault(fault) ? fault.message : 'failed'),
    })
    tether?.release()
    return code
  } catch (fault) {
    stderr.write(`${scrub(fault instanceof Error ? fault.message : String(fault))}\n`)
    return exitCodeOf(fault)
  }
}
