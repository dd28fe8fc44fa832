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
}

export function createSimulatorAdmin(url: string): SimulatorAdmin {
  return {
    async calls(app) {
      const answer = await fetch(`${url}/calls${app === undefined ? '' : `?appid=${app}`}`)
      return ((await answer.json()) as { calls: Call[] }).calls
    },
    async order(faults) {
      const answer = await fetch(`${url}/faults`, { method: 'PUT', body: JSON.stringify(faults) })
      if (!answer.ok) throw new Error(`the simulator refuses the faults: ${await answer.text()}`)
    },
  }
}
