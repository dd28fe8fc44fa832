/** The workers of a run: each under a plan of its own, and begun again when it dies. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { startPress } from '../services/press.mjs'
import type { Odds } from './chance.mjs'

export type Press = Awaited<ReturnType<typeof startPress>>
type Worker = Awaited<ReturnType<Press['startWorker']>>

export interface Crew {
  readonly size: number
  /** Workers that died or were frozen. */
  readonly deaths: number
  /** Stops one for `ms`, its calls and locks too, and lets it go on. */
  freeze(nth: number, ms: number): Promise<void>
  kill(nth: number): void
  outputs(): string
  /** No worker is begun any more. */
  dismiss(): void
}

/** Long enough for others to take over what was in hand. */
export const FROZEN_MS = 12_000
const main = [fileURLToPath(new URL('./worker-main.mjs', import.meta.url))]

export interface CrewOptions {
  readonly press: Press
  readonly seed: string
  readonly odds: Odds['odds']
  readonly size: number
  readonly say: (what: string) => void
}

export async function startCrew({ press, seed, odds, size, say }: CrewOptions): Promise<Crew> {
  const workers: Worker[] = []
  const past: Worker[] = []
  let dismissed = false
  let deaths = 0

  /** Only the first life of a worker may end by chance: five deaths would cost a scene its own. */
  const begin = async (nth: number, life: number): Promise<void> => {
    const plan = { kind: 'chance', seed: `${seed}.${life}`, odds, deaths: life === 0 ? 1 : 0 }
    const worker = await press.startWorker([], { main, env: { CHAOS_PLAN: JSON.stringify(plan) } })
    workers[nth] = worker
    past.push(worker)
    void worker.exited.then((how) => {
      if (dismissed) return
      deaths++
      say(`worker ${nth}.${life} ended: ${how} ${lastWord(worker)}`)
      void beginAgain(nth, life + 1)
    })
    void worker.wrote('"chaos":"SIGSTOP"').then(
      () => thawLater(worker, `${nth}.${life}`),
      () => undefined,
    )
  }
  /** One that meets a Redis that is away ends before it is ready. Never rejects: nobody waits for it. */
  const beginAgain = async (nth: number, life: number): Promise<void> => {
    if (dismissed) return
    try {
      await begin(nth, life)
    } catch (error) {
      say(`worker ${nth}.${life} did not start: ${(error as Error).message}`)
      await beginAgain(nth, life + 1)
    }
  }
  const thawLater = async (worker: Worker, name: string): Promise<void> => {
    deaths++
    say(`worker ${name} froze: ${lastWord(worker)}`)
    await sleep(FROZEN_MS)
    if (worker.isRunning()) process.kill(worker.pid, 'SIGCONT')
  }

  await Promise.all(Array.from({ length: size }, (_, nth) => begin(nth, 0)))
  return {
    size,
    get deaths() {
      return deaths
    },
    async freeze(nth, ms) {
      const worker = workers[nth]
      if (worker?.isRunning() !== true) return
      deaths++
      process.kill(worker.pid, 'SIGSTOP')
      await sleep(ms)
      if (worker.isRunning()) process.kill(worker.pid, 'SIGCONT')
    },
    kill(nth) {
      const worker = workers[nth]
      if (worker?.isRunning() === true) process.kill(worker.pid, 'SIGKILL')
    },
    outputs: () => past.map((worker) => worker.output().slice(-4_000)).join('\n--\n'),
    dismiss() {
      dismissed = true
    },
  }
}

const lastWord = (worker: Worker): string => /"chaos":"SIG.*/.exec(worker.output())?.[0] ?? ''
