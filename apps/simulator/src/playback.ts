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
    const run: Playing = { scenario, world, played: new Set(), waiting, calls: 0 }
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

function play({ world, played }: Playing, step: Step): void {
  step.deed(world)
  played.add(step)
}

function describe({ scenario, calls, played }: Playing) {
  const steps = scenario.steps.map((step) => ({ ...(step.as as object), played: played.has(step) }))
  return { name: scenario.name, about: scenario.about, calls, steps }
}
