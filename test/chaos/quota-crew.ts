/** Processes that spend permits, and what they have written: see test/services/quota-caller.mjs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Orders } from '../services/quota-caller.mjs'

export interface QuotaCrew {
  /** In the machine's monotonic time, in ms. */
  readonly writes: readonly number[]
  start(): void
  /** One of them, with what it had in hand. */
  kill(nth: number): Promise<void>
  /** Resolves when so many more have been written. */
  wrote(more: number): Promise<void>
  /** Resolves when all are refused with that code. */
  refused(code: string): Promise<void>
  stop(): Promise<void>
}

const main = fileURLToPath(new URL('../services/quota-caller.mjs', import.meta.url))

type Said = { wrote?: number[]; refused?: string }

export function createQuotaCrew(orders: Orders): QuotaCrew {
  const crew = new Map<ChildProcess, { refused: string }>()
  const writes: number[] = []
  let watchers: (() => void)[] = []
  let broken: Error | null = null

  function until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (broken === null && !isSo()) return
        watchers = watchers.filter((each) => each !== look)
        if (broken === null) resolve()
        else reject(broken)
      }
      watchers.push(look)
      look()
    })
  }

  function ended(caller: ChildProcess, code: number | null): void {
    crew.delete(caller)
    if (code !== 0 && code !== null) broken = new Error(`a caller ended by itself: exit ${code}`)
    for (const look of [...watchers]) look()
  }

  function hear(caller: ChildProcess, said: Said): void {
    writes.push(...(said.wrote ?? []))
    if (said.refused !== undefined) crew.set(caller, { refused: said.refused })
    for (const look of [...watchers]) look()
  }

  return {
    writes,
    start() {
      // Without the conditions under which tests run on the sources.
      const caller = fork(main, [JSON.stringify({ tells: true, ...orders })], { execArgv: [] })
      crew.set(caller, { refused: '' })
      caller.on('message', (said) => hear(caller, said as Said))
      caller.on('exit', (code) => ended(caller, code))
    },
    async kill(nth) {
      const caller = [...crew.keys()][nth % crew.size]
      if (caller === undefined) return
      const exit = once(caller, 'exit')
      caller.kill('SIGKILL')
      await exit
    },
    wrote(more) {
      const enough = writes.length + more
      return until(() => writes.length >= enough)
    },
    refused: (code) => until(() => [...crew.values()].every((caller) => caller.refused === code)),
    async stop() {
      const callers = [...crew.keys()]
      const exits = callers.map((caller) => once(caller, 'exit'))
      for (const caller of callers) caller.send('stop')
      await Promise.all(exits)
    },
  }
}
