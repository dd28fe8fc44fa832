import { expect, test } from 'vitest'
import type { Delays } from './delays.js'
import { createPlayback } from './playback.js'
import { readScenario } from './scenario.js'
import { createTestWorld } from './testing/world.js'

/** Timers that run when told to. */
function handTimers() {
  const waiting: { ms: number; then: () => void }[] = []
  const delays: Delays = {
    after: (ms, then) => (ms <= 0 ? then() : waiting.push({ ms, then })),
    close: () => waiting.splice(0),
  }
  const pass = (ms: number) => {
    for (const timer of waiting) if (timer.ms === ms) timer.then()
  }
  return { delays, pass }
}

test.each<[unknown, string]>([
  [[], 'scenario: expected an object'],
  [{}, 'steps: expected an array, got nothing'],
  [{ steps: [], loop: true }, 'scenario.loop: expected one of name, about, steps'],
  [{ steps: [{ do: 'faults' }] }, 'steps[0]: expected one of at, after, got []'],
  [{ steps: [{ at: 0, after: 1, do: 'faults' }] }, 'steps[0]: expected one of at, after, got ["at","after"]'],
  [{ steps: [{ at: -1, do: 'reset' }] }, 'steps[0].at: expected a whole number from 0 to 86400000, got -1'],
  [{ steps: [{ after: 0, do: 'reset' }] }, 'steps[0].after: expected a whole number of at least 1, got 0'],
  [
    { steps: [{ at: 0, do: 'dance' }] },
    'steps[0].do: expected one of faults, clock, revoke, limits, intruder',
  ],
  [{ steps: [{ at: 0, do: 'faults', with: [{ kind: 'x' }] }] }, 'steps[0].with[0].kind: expected an errcode'],
  [{ steps: [{ at: 0, do: 'clock', with: { set: 'noon' } }] }, 'steps[0].with.set: expected milliseconds'],
  [{ steps: [{ at: 0, do: 'limits', with: { perMinute: 0 } }] }, 'steps[0].with.perMinute: expected a whole'],
  [{ steps: [{ at: 0, do: 'intruder' }] }, 'steps[0].with.everyMs: expected a whole number of at least 1'],
  [{ steps: [{ at: 0, do: 'revoke', with: { line: 'x' } }] }, 'steps[0].with.line: expected one of classic'],
])('%j is refused by name', (scenario, message) => {
  expect(() => readScenario(scenario)).toThrow(message)
})

test('steps by calls are played when so many have been answered, in that order, each once', () => {
  const world = createTestWorld()
  const playback = createPlayback(handTimers().delays)
  const limit = () => world.apps.find('wx1')?.config.perMinute
  const scenario = readScenario({
    steps: [
      { after: 3, do: 'limits', with: { perMinute: 3 } },
      { after: 1, do: 'limits', with: { perMinute: 1 } },
    ],
  })
  playback.start(scenario, world)
  const limits = Array.from({ length: 4 }, () => {
    playback.count()
    return limit()
  })
  expect(limits).toEqual([1, 1, 3, 3])
  expect(playback.report()).toMatchObject({ calls: 4, steps: [{ after: 3, played: true }, { played: true }] })
})

test('steps by time are played at their time, those at 0 at once', () => {
  const world = createTestWorld()
  const { delays, pass } = handTimers()
  const steps = [
    { at: 0, do: 'faults', with: [{ kind: 503 }] },
    { at: 500, do: 'faults', with: [] },
  ]
  const playback = createPlayback(delays)
  playback.start(readScenario({ name: 'n', about: 'a', steps }), world)
  expect(world.faults.list()).toHaveLength(1)
  expect(playback.report()).toMatchObject({
    name: 'n',
    about: 'a',
    steps: [{ played: true }, { played: false }],
  })
  pass(500)
  expect(world.faults.list()).toEqual([])
})

test('a scenario that was replaced or stopped plays no further step', () => {
  const world = createTestWorld()
  const { delays, pass } = handTimers()
  const playback = createPlayback(delays)
  const later = readScenario({ steps: [{ at: 500, do: 'faults', with: [{ kind: 503 }] }] })
  playback.start(later, world)
  playback.start(readScenario({ steps: [] }), world)
  pass(500)
  playback.start(later, world)
  playback.stop()
  pass(500)
  expect(world.faults.list()).toEqual([])
  expect(playback.report()).toBeNull()
})

test('every action can stand in a step', () => {
  const world = createTestWorld()
  const token = world.tokens.takeStable('wx1', 0)
  const steps = [
    { at: 0, do: 'clock', with: { advanceMs: 60_000, frozen: true } },
    { at: 0, do: 'revoke', with: { appid: 'wx1' } },
    { at: 0, do: 'intruder', with: { everyMs: 5000 } },
  ]
  createPlayback(handTimers().delays).start(readScenario({ steps }), world)
  expect(world.clock.now()).toBe(60_000)
  expect(world.tokens.look('token' in token ? token.token : '', 60_000).state).toBe('overwritten')
  expect(world.intruder.report().order).toEqual({ everyMs: 5000, line: 'stable' })
  const last = [
    { at: 0, do: 'intruder', with: null },
    { at: 0, do: 'reset', with: { only: ['clock'] } },
  ]
  createPlayback(handTimers().delays).start(readScenario({ steps: last }), world)
  expect(world.intruder.report().order).toBeNull()
  expect(world.clock.now()).toBe(0)
})
