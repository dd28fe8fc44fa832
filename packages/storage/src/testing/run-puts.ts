/** Starts real processes that put, lets them go at the same moment, and gathers what each said. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface PutOrder {
  readonly location: string
  readonly s3?: unknown
  readonly key: string
  readonly kind: 'code' | 'confirm' | 'record' | 'replace'
  /** Where the bytes to put are. */
  readonly bytesFile: string
}

export interface PutEnd {
  /** null when it was killed. */
  readonly said: {
    readonly outcome?: string
    readonly fault?: string
    readonly code?: string
    readonly reason?: string
    readonly message?: string
    readonly steps: readonly string[]
  } | null
  /** Lines that came after. */
  readonly rest: readonly string[]
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

export interface PutSetting {
  /** Words before `node`: strace, unshare. */
  readonly before?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const CHILD = fileURLToPath(new URL('put-child.mjs', import.meta.url))
const BREAKER = fileURLToPath(new URL('break-step.mjs', import.meta.url))

export async function runPuts(orders: readonly PutOrder[], setting: PutSetting = {}): Promise<PutEnd[]> {
  const children = orders.map((order) => startPut(order, setting))
  await Promise.race([
    Promise.all(children.map((child) => child.ready)),
    ...children.map((child) => child.end),
  ])
  for (const child of children) child.go()
  return Promise.all(children.map((child) => child.end))
}

function startPut(order: PutOrder, { before = [], env = {} }: PutSetting) {
  const words = [...before, process.execPath, '--import', BREAKER, CHILD, JSON.stringify(order)]
  const child = spawn(words[0] ?? '', words.slice(1), { env: { ...process.env, ...env }, stdio: 'pipe' })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ready = lines.next()
  return { ready, go: () => child.stdin.end('go\n'), end: endOf(child, ready, lines) }
}

async function endOf(
  child: ChildProcess,
  ready: Promise<unknown>,
  lines: AsyncIterator<string>,
): Promise<PutEnd> {
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin?.on('error', () => {}) // it may be dead already
  const closed = once(child, 'close')
  await ready
  const line = await lines.next()
  const rest: string[] = []
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) rest.push(next.value)
  const [, signal] = await closed
  return { said: line.done === true ? null : JSON.parse(line.value), rest, signal, stderr }
}
