/** JSON and NDJSON as the ledger writes them: UTF-8, one trailing newline, a version in every file. */
import { HaltFault, type Records } from '@sunpress/core'

export interface Versioned {
  readonly v: number
}

export const toJson = <T extends Versioned>(value: T): Buffer =>
  Buffer.from(`${JSON.stringify(value)}\n`, 'utf8')

/** null when absent. Throws HaltFault for a file of a newer release: guessing at it could lose what it says. */
export async function readJson<T extends Versioned>(
  records: Records,
  key: string,
  known: number,
): Promise<T | null> {
  const bytes = await records.read(key)
  if (bytes === null) return null
  const value = parseLine(key, Buffer.from(bytes).toString('utf8')) as T | null
  if (typeof value !== 'object' || value === null) throw damaged(key, 'a JSON object')
  checkVersion(key, value, known)
  return value
}

export const damaged = (key: string, what: string, cause?: unknown): HaltFault =>
  new HaltFault('ledger_damaged', `${key} does not hold ${what}`, cause === undefined ? {} : { cause })

export function checkVersion(key: string, value: Versioned | null | undefined, known: number): void {
  if (typeof value?.v !== 'number')
    throw new HaltFault('ledger_damaged', `${key} doesn't say which version it has`)
  if (value.v <= known) return
  throw new HaltFault(
    'ledger_newer',
    `${key} has version ${value.v}, this release knows ${known}: upgrade first`,
  )
}

export function parseLine(key: string, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw damaged(key, 'JSON', cause)
  }
}

export const toLines = (rows: readonly unknown[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'utf8')

export function fromLines(key: string, bytes: Uint8Array): unknown[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => parseLine(key, line))
}

/** All keys under a prefix behind `from`, page by page. */
export async function* listAll(
  records: Pick<Records, 'list'>,
  prefix: string,
  folders = false,
  from = '',
): AsyncGenerator<string> {
  let after: string | null = from
  do {
    const page = await records.list(prefix, { folders, ...(after === '' ? {} : { after }) })
    yield* page.keys
    after = page.next
  } while (after !== null)
}

/** The numbers between prefix and suffix of the names that have one there, ascending. */
export async function listNumbers(records: Records, prefix: string, suffix = ''): Promise<number[]> {
  const numbers: number[] = []
  for await (const key of listAll(records, prefix)) {
    const rest = key.endsWith(suffix) ? key.slice(prefix.length, key.length - suffix.length) : ''
    if (/^\d{1,15}$/.test(rest)) numbers.push(Number(rest))
  }
  return numbers.sort((a, b) => a - b)
}
