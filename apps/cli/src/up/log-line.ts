/** One line of a service's log, as `up` reads it: JSON where it is JSON, any text elsewhere. Pure. */

export interface LogLine {
  /** pino's numbers: 30 info, 40 warn, 50 error; for a text that is no JSON what the caller takes it for. */
  readonly level: number
  /** For people: the message, and the reason where there is one. */
  readonly text: string
  /** No JSON. */
  readonly plain: boolean
  readonly ready: Ready | null
}

/** What a server says once, when it can be asked. */
export interface Ready {
  readonly role: string
  readonly url?: string
  readonly metricsUrl?: string
  readonly adminUrl?: string
}

export const INFO = 30
export const WARN = 40
export const ERROR = 50

const NAMED_LEVELS: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: INFO,
  warn: WARN,
  error: ERROR,
  fatal: 60,
}

export function parseLogLine(line: string, otherwise: number): LogLine {
  const fields = parseObject(line)
  if (fields === null) return { level: otherwise, text: line, plain: true, ready: null }
  const message = textOf(fields['msg']) ?? line
  const reason = reasonOf(fields['fault'] ?? fields['err'])
  return {
    level: levelOf(fields['level']),
    text: reason === null || message.includes(reason) ? message : `${message}: ${reason}`,
    plain: false,
    ready: fields['msg'] === 'ready' && typeof fields['role'] === 'string' ? readyOf(fields) : null,
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** By name or by number; anything else counts as info. */
export const levelOf = (level: unknown): number =>
  typeof level === 'number' ? level : (NAMED_LEVELS[String(level)] ?? INFO)

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const reasonOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'message' in error ? textOf(error.message) : textOf(error)

/** A server without an address of its own says null. */
function readyOf(fields: Record<string, unknown>): Ready {
  const found = ['role', 'url', 'metricsUrl', 'adminUrl'].flatMap((name) => {
    const text = textOf(fields[name])
    return text === null ? [] : [[name, text]]
  })
  return { role: '', ...Object.fromEntries(found) }
}
