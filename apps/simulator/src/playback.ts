/** Plays a scenario: steps by time on a timer, steps by calls when the last of them has been answered. Each step once. */
import type { World } from './call.js'
import type { Delays } from './delays.js'
import type { Scenario, Step } from './scenario.js'

export type Playback = {
  /** Starts a scenario in place of the one before: its time and its calls begin at 0. What was changed stays changed. */
  start(scenario: Scenario, world: World): void
  stop(): void
  /** A call of a picture route has been answered. */
  count(): void
  report(): unknown
}

type Playing = {
  readonly scenario: Scenario
  readonly world: World
  readonly played: Set<Step>
  readonly failed: Map<Step, string>
  /** Those by calls, fewest first. */
  readonly waiting: Step[]
  calls: number
}

export function createPlayback(delays: Delays): Playback {
  let playing: Playing | undefined

  function start(scenario: Scenario, world: World): void {
    const { steps } = scenario
    const waiting = steps.filter(({ after }) => after !== undefined)
    waiting.sort((one, other) => (one.after ?? 0) - (other.after ?? 0))
    const run: Playing = { scenario, world, played: new Set(), failed: new Map(), waiting, calls: 0 }
    playing = run
    for (const step of steps) {
      if (step.at !== undefined) delays.after(step.at, () => playing === run && play(run, step))
    }
  }

  function count(): void {
    if (playing === undefined) return
    playing.calls++
    while ((playing.waiting[0]?.after ?? Number.POSITIVE_INFINITY) <= playing.calls) {
      play(playing, playing.waiting.shift() as Step)
    }
  }

  const stop = () => {
    playing = undefined
  }
  return { start, stop, count, report: () => (playing === undefined ? null : describe(playing)) }
}

/** A step that can't be done (no such platform) is told with the scenario, and the rest is played. */
function play({ world, played, failed }: Playing, step: Step): void {
  const fail = (fault: unknown) => void failed.set(step, (fault as Error).message)
  played.add(step)
  try {
    const told = step.deed(world)
    if (told instanceof Promise) told.catch(fail)
  } catch (fault) {
    fail(fault)
  }
}

function describe({ scenario, calls, played, failed }: Playing) {
  const steps = scenario.steps.map((step) => ({
    ...(step.as as object),
    played: played.has(step),
    ...(failed.has(step) ? { failed: failed.get(step) } : {}),
  }))
  return { name: scenario.name, about: scenario.about, calls, steps }
}
