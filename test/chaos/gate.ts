/** Doors before and behind every port call of an upkeep, so that a test can freeze it in the midst of a step, or end it there. */
import type { Clock } from '@sunpress/core'
import { systemClock } from '@sunpress/runtime'
import type { UpkeepParts } from '@sunpress/upkeep'

export interface Gate {
  freeze(): void
  thaw(): void
  /** For ever: what is under way never goes on. It fails only when the test ends, so that nothing is left waiting. */
  kill(): void
  end(): void
  pass(): Promise<void>
}

export function createGate(): Gate {
  const dead = resolvers()
  dead.promise.catch(() => undefined)
  let shut: { promise: Promise<void>; resolve: () => void } | null = null
  let isDead = false
  const gate: Gate = {
    freeze() {
      shut ??= resolvers()
    },
    thaw() {
      shut?.resolve()
      shut = null
    },
    kill() {
      isDead = true
      gate.thaw()
    },
    end() {
      dead.reject(new Error('the test is over'))
      gate.thaw()
    },
    async pass() {
      await shut?.promise
      if (isDead) await dead.promise
    },
  }
  return gate
}

function resolvers() {
  let resolve: () => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Twenty times as fast between turns: a manifest part is closed every 3 s, not every minute. */
const HURRIED: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 20,
}

const PORTS = ['leases', 'index', 'campaigns', 'manifests', 'queues'] as const

/** The ports of an upkeep behind a gate, and a clock that makes it hurry. */
export function gated(parts: UpkeepParts, gate: Gate): Partial<UpkeepParts> {
  const wrapped = PORTS.map((name) => [name, gatedPort(parts[name] as unknown as Port, gate)])
  return { ...Object.fromEntries(wrapped), clock: HURRIED }
}

type Port = Record<string, (...args: unknown[]) => unknown>

function gatedPort(port: Port, gate: Gate): Port {
  const entries = Object.entries(port).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method]
    const isGenerator = method.constructor.name === 'AsyncGeneratorFunction'
    return [name, isGenerator ? gatedGenerator(port, method, gate) : gatedCall(port, method, gate)]
  })
  return Object.fromEntries(entries)
}

const gatedCall =
  (port: Port, method: Port[string], gate: Gate) =>
  async (...args: unknown[]) => {
    await gate.pass()
    const answer = await method.apply(port, args)
    await gate.pass()
    return answer
  }

const gatedGenerator = (port: Port, method: Port[string], gate: Gate) =>
  async function* (...args: unknown[]) {
    await gate.pass()
    yield* method.apply(port, args) as AsyncIterable<unknown>
  }
