/** What a child writes: all of it into its log file, warnings to whoever runs it, its ready line to who waits for that. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ERROR, INFO, type LogLine, parseLogLine, type Ready, WARN } from './log-line.js'

export interface OutputOptions {
  readonly role: string
  readonly logFile: string
  /** The level from which lines are passed on. */
  readonly showFrom: number
  readonly show: (line: string) => void
  /** Given each line of stdout; what it gives first is what the child is ready with. */
  readonly readiness?: (line: LogLine) => Ready | null
}

export interface ChildOutput {
  /** Stays pending when there is no ready line. */
  readonly ready: Promise<Ready>
  /** Resolves when all has been read. */
  readonly read: Promise<unknown>
  /**
   * Why it ended, as far as that hasn't been shown: its last errors, and for a program that writes no JSON its last lines;
   * of a service that was ready only those since.
   */
  unseen(): readonly string[]
}

const KEPT_LINES = 20

export function readOutput(child: ChildProcess, options: OutputOptions): ChildOutput {
  const { role, show, showFrom, readiness = (line) => line.ready } = options
  const log = createWriteStream(options.logFile, { flags: 'a' })
  log.on('error', (error) => show(`${role}: no log is kept: ${error.message}`))
  const unseen: string[] = []
  const take = (text: string, level: number): LogLine => {
    log.write(`${text}\n`)
    const line = parseLogLine(text, level)
    if (line.level >= showFrom) show(`${role}: ${line.text}`)
    else if ((line.plain || line.level >= ERROR) && unseen.push(line.text) > KEPT_LINES) unseen.shift()
    return line
  }
  let resolveReady: (ready: Ready) => void = () => undefined
  const ready = new Promise<Ready>((resolve) => {
    resolveReady = resolve
  })
  const fromStdout = (text: string): void => {
    const said = readiness(take(text, INFO))
    if (said === null) return
    unseen.length = 0
    resolveReady(said)
  }
  const read = Promise.all([
    eachLine(child.stdout, fromStdout),
    eachLine(child.stderr, (text) => take(text, WARN)),
  ]).then(() => log.end())
  return { ready, read, unseen: () => unseen }
}

async function eachLine(stream: Readable | null, take: (line: string) => void): Promise<void> {
  if (stream === null) return
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', take)
  await once(lines, 'close')
}
