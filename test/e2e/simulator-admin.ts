/** What the simulated WeChat saw, and the faults that it is told to have. */

export interface Call {
  /** Epoch ms. */
  readonly at: number
  readonly appid: string
  readonly scene: string | null
  readonly outcome: string
}

export interface SimulatorAdmin {
  /** Calls for pictures so far. */
  calls(app?: string): Promise<Call[]>
  /** Replaces the faults that were ordered before. */
  order(faults: readonly object[]): Promise<void>
  /** Any other order; rejects when it is refused. */
  tell<T = unknown>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>
}

export function createSimulatorAdmin(url: string): SimulatorAdmin {
  const tell = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the simulator refuses ${method} ${path}: ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }
  return {
    tell,
    async calls(app) {
      const answer = await fetch(`${url}/calls${app === undefined ? '' : `?appid=${app}`}`)
      return ((await answer.json()) as { calls: Call[] }).calls
    },
    order: (faults) => tell('PUT', '/faults', faults),
  }
}
