/** What the simulated WeChat saw, and the faults that it is told to have. */
import { get } from 'node:http'

export interface Call {
  /** Epoch ms. */
  readonly at: number
  readonly appid: string
  /** null until it is answered. */
  readonly scene: string | null
  readonly outcome: string
}

export const isPending = ({ outcome }: Call): boolean => outcome === 'pending'

/** When the last of them came. */
export const lastAtMs = (calls: readonly Call[]): number => Math.max(...calls.map(({ at }) => at))

export interface SimulatorAdmin {
  /** Calls for pictures so far. */
  calls(app?: string): Promise<Call[]>
  /** Those too that have been written by now and that it has not read yet, as it may not for seconds on a busy machine. */
  callsWritten(app?: string): Promise<Call[]>
  /** Replaces the faults that were ordered before. */
  order(faults: readonly object[]): Promise<void>
  /** Any other order; rejects when it is refused. */
  tell<T = unknown>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>
}

/** `callsUrl`: where it takes calls for pictures. */
export function createSimulatorAdmin(url: string, callsUrl: string): SimulatorAdmin {
  const tell = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the simulator refuses ${method} ${path}: ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }
  const calls = async (app?: string): Promise<Call[]> => {
    const answer = await fetch(`${url}/calls${app === undefined ? '' : `?appid=${app}`}`)
    return ((await answer.json()) as { calls: Call[] }).calls
  }
  return {
    tell,
    calls,
    async callsWritten(app) {
      // It takes one new connection at a time, in the order in which they came: what is answered on ours came last.
      await askAnew(callsUrl)
      return await calls(app)
    },
    order: (faults) => tell('PUT', '/faults', faults),
  }
}

/** On a connection of its own. */
const askAnew = (url: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => answer.resume().once('end', resolve)).once('error', reject)
  })
