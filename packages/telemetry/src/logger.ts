/**
 * One JSON object a line, on stdout. What reaches the sink has been scrubbed as a whole, so it doesn't matter where in it a
 * secret stood. Doesn't promise to keep up with a reader that doesn't read: writing is synchronous, so that nothing is
 * lost in a crash.
 */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { createScrub, type Scrub } from './scrub.js'
import { serializeFault } from './serialize-fault.js'

export type { Logger } from 'pino'

export interface LoggerOptions {
  /** On every line: producer, worker, up … */
  readonly role: string
  readonly level: string
  readonly scrub?: Scrub
  /** stdout by default. */
  readonly sink?: DestinationStream
}

/** Things thrown belong under `fault`. */
export function createLogger({ role, level, scrub = createScrub(), sink }: LoggerOptions): Logger {
  const out = sink ?? destination({ dest: 1, sync: true })
  const options = {
    level,
    base: { role },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { fault: serializeFault, err: serializeFault },
  }
  return pino(options, { write: (line: string) => out.write(scrub(line)) })
}

export interface ReadyFacts {
  /** null for a process without an API. */
  readonly url: string | null
  readonly metricsUrl: string | null
}

/** The line that scripts wait for: it is written whatever the level. */
export function announceReady(logger: Logger, { url, metricsUrl }: ReadyFacts): void {
  logger.child({}, { level: 'info' }).info({ url, metricsUrl }, 'ready')
}
