/**
 * Processes that always have work, against the real scripts in simulated time: minutes go by in a second. They hold leases, as real
 * ones do, so that calls are under way when a rejection comes back.
 */
import type { Redis } from '@sunpress/redis'
import { spacingUs } from '../spacing.js'
import { type SimulatedServer, simulateLua } from './simulated-lua.js'
import type { Upstream } from './upstream-windows.js'

export interface SimulatedCall {
  readonly atUs: number
  readonly accepted: boolean
  readonly probe: boolean
}

export interface SimulatedLane {
  readonly redis: Redis
  readonly server: SimulatedServer
  readonly key: string
  readonly limit: number
  readonly processes: number
  readonly latencyUs: number
  readonly errcode: number
  /** From 0 up to 1. */
  readonly random: () => number
}

interface Worker {
  slots: { atUs: number; probe: boolean }[]
  askAtUs: number
}

interface Answer {
  readonly atUs: number
  readonly slotUs: number
  readonly accepted: boolean
  readonly probe: boolean
  readonly worker: Worker
}

const LEASE = 25

/** Works until `untilUs`; gives the calls in the order of their arrival. */
export async function workLane(
  lane: SimulatedLane,
  upstream: Upstream,
  untilUs: number,
): Promise<SimulatedCall[]> {
  const { server, key } = lane
  const run = simulateLua(lane.redis, server)
  const calls: SimulatedCall[] = []
  const answers: Answer[] = []
  const workers: Worker[] = Array.from({ length: lane.processes }, () => ({
    slots: [],
    askAtUs: server.nowUs,
  }))

  async function ask(worker: Worker): Promise<void> {
    const wish = [spacingUs(lane.limit), LEASE, 2_000_000, '0', 0]
    const reply = (await run('take-permits', [key, `${key}:app`], wish)) as [string, ...number[]]
    const [kind, one = 0, count = 0] = reply
    const [, , , nowUs = 0, apartUs = 0, , probe] = reply
    if (kind === 'granted') {
      worker.slots = Array.from({ length: count }, (_, i) => ({
        atUs: nowUs + one + i * apartUs,
        probe: probe === 1,
      }))
      worker.askAtUs = (worker.slots.at(-1)?.atUs ?? nowUs) + 1
    } else worker.askAtUs = server.nowUs + (kind === 'held' ? Math.min(one * 1_000, 1_000_000) : one)
  }

  function call(worker: Worker): void {
    const slot = worker.slots.shift()
    if (slot === undefined) return
    const accepted = upstream.admit(server.nowUs)
    calls.push({ atUs: server.nowUs, accepted, probe: slot.probe })
    const { atUs: slotUs, probe } = slot
    answers.push({ atUs: server.nowUs + lane.latencyUs, slotUs, accepted, probe, worker })
  }

  async function hear({ slotUs, accepted, probe, worker }: Answer): Promise<void> {
    if (accepted && probe) await run('end-probe', [key], ['passed', 0])
    if (accepted) return
    const untilMinuteMs = 60_000 - ((server.nowUs / 1_000) % 60_000) + 1_000 + 2_000 * lane.random()
    const rejection = [
      Math.round(untilMinuteMs),
      slotUs,
      lane.errcode === 45009 ? '1' : '0',
      0,
      0.99,
      '0',
      'too many',
    ]
    await run('reject-call', [key], rejection)
    worker.slots = []
    worker.askAtUs = server.nowUs + 1_000_000
  }

  for (;;) {
    const slotAt = Math.min(...workers.map(({ slots }) => slots[0]?.atUs ?? Infinity))
    const askAt = Math.min(...workers.map(({ askAtUs }) => askAtUs))
    const answerAt = answers[0]?.atUs ?? Infinity
    const nextUs = Math.min(slotAt, askAt, answerAt)
    if (nextUs > untilUs) return calls
    server.nowUs = Math.max(server.nowUs, nextUs)
    const answer = answerAt === nextUs ? answers.shift() : undefined
    const caller = workers.find(({ slots }) => slots[0]?.atUs === nextUs)
    const asker = workers.find(({ askAtUs }) => askAtUs === nextUs)
    if (answer !== undefined) await hear(answer)
    else if (caller !== undefined) call(caller)
    else if (asker !== undefined) await ask(asker)
  }
}
