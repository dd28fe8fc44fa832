import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ConfigFault } from './config-fault.js'
import { createLifecycle, type Stop } from './lifecycle.js'
import { type RunOptions, runUntilSignal } from './run-until-signal.js'
import { fakeClock } from './testing/fake-clock.js'

/** A service of one part; `stop` ends it. */
function run(stop: Stop, options: Partial<RunOptions> = {}) {
  const clock = fakeClock()
  const signals = new EventEmitter()
  const lifecycle = createLifecycle()
  const exits: number[] = []
  const stopping: string[] = []
  const failures: unknown[] = []
  lifecycle.add('part', () => stop)
  const code = runUntilSignal({
    lifecycle,
    clock,
    signals,
    exit: (exitCode) => exits.push(exitCode),
    onStopping: (why) => stopping.push(why),
    onFailure: (error) => failures.push(error),
    ...options,
  })
  return { clock, signals, exits, stopping, failures, code }
}

/** Ends when it is told to hurry. */
const untilHurried: Stop = (hurry) =>
  new Promise<void>((resolve) => hurry.addEventListener('abort', () => resolve()))
const forever: Stop = () => new Promise<void>(() => undefined)

describe('runUntilSignal', () => {
  it('drains at the first signal and gives 0, without exiting', async () => {
    const { signals, code, exits, stopping } = run(() => undefined)
    signals.emit('SIGTERM', 'SIGTERM')
    expect(await code).toBe(0)
    expect(stopping).toEqual(['SIGTERM'])
    expect(exits).toEqual([])
  })

  it('lets any number of parts listen for the deadline without a warning', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    const { signals, code, clock } = run((hurry) => {
      for (let part = 0; part < 20; part++) hurry.addEventListener('abort', () => undefined)
    })
    await clock.advance(1)
    signals.emit('SIGTERM', 'SIGTERM')
    expect(await code).toBe(0)
    await setImmediate()
    process.off('warning', warned)
    expect(warnings).toEqual([])
  })

  it('takes signals within a second for one', async () => {
    const { signals, clock, exits } = run(forever)
    signals.emit('SIGINT', 'SIGINT')
    await clock.advance(999)
    signals.emit('SIGINT', 'SIGINT')
    expect(exits).toEqual([])
  })

  it('goes on ignoring the second half of a double Ctrl-C when it is done, and nothing later', async () => {
    const { signals, clock, code, exits } = run(() => undefined)
    signals.emit('SIGINT', 'SIGINT')
    await code
    await clock.advance(999)
    signals.emit('SIGINT', 'SIGINT')
    expect(exits).toEqual([])
    await clock.advance(1)
    signals.emit('SIGINT', 'SIGINT')
    expect(exits).toEqual([1])
  })

  it('exits at once at a second signal', async () => {
    const { signals, clock, exits } = run(forever)
    signals.emit('SIGINT', 'SIGINT')
    await clock.advance(1_000)
    signals.emit('SIGTERM', 'SIGTERM')
    expect(exits).toEqual([1])
  })

  it('aborts what is left at the deadline, and gives 1', async () => {
    const { signals, clock, code, exits } = run(untilHurried)
    signals.emit('SIGTERM', 'SIGTERM')
    await clock.advance(0)
    await clock.advance(25_000)
    expect(await code).toBe(1)
    expect(exits).toEqual([])
  })

  it('keeps waiting until the deadline, however late it is set', async () => {
    const { signals, clock, exits } = run(forever, { drainMs: 60_000 })
    signals.emit('SIGTERM', 'SIGTERM')
    await clock.advance(0)
    await clock.advance(59_999)
    expect(exits).toEqual([])
  })

  it('exits when what is left doesn’t let itself be aborted', async () => {
    const { signals, clock, exits } = run(forever)
    signals.emit('SIGTERM', 'SIGTERM')
    await clock.advance(0)
    await clock.advance(25_000)
    await clock.advance(3_000)
    expect(exits).toEqual([1])
  })

  it('drains when the tether is cut', async () => {
    const cut = new AbortController()
    const { code, stopping } = run(() => undefined, { cut: cut.signal })
    cut.abort()
    expect(await code).toBe(0)
    expect(stopping).toEqual(['tether'])
  })

  it('gives the code of a run that ends by itself', async () => {
    let stops = 0
    const { code } = run(() => stops++, { ended: Promise.resolve(3) })
    expect(await code).toBe(3)
    expect(stops).toBe(1)
  })

  it('gives 1 for a failure and 2 for a configuration that doesn’t work, and tells which', async () => {
    const failed = run(() => undefined, { ended: Promise.reject(new Error('halt')) })
    expect(await failed.code).toBe(1)
    expect(failed.failures).toEqual([new Error('halt')])
    const lifecycle = createLifecycle()
    lifecycle.add('listen', () => Promise.reject(new ConfigFault('listening', [])))
    expect(await run(forever, { lifecycle }).code).toBe(2)
  })

  it('gives up on a part that won’t stop after another failed to start', async () => {
    const lifecycle = createLifecycle()
    lifecycle.add('stubborn', () => forever)
    lifecycle.add('broken', () => Promise.reject(new Error('broken')))
    const { clock, exits, failures } = run(forever, { lifecycle })
    await clock.advance(0)
    await clock.advance(25_000)
    await clock.advance(3_000)
    expect(failures).toEqual([new Error('broken')])
    expect(exits).toEqual([1])
  })

  it('gives 1 when a part fails to stop', async () => {
    const { signals, code, failures } = run(() => Promise.reject(new Error('stuck')))
    signals.emit('SIGTERM', 'SIGTERM')
    expect(await code).toBe(1)
    expect(failures).toEqual([new Error('stuck')])
  })

  it('gives up a start in progress at a signal, which is no failure', async () => {
    const lifecycle = createLifecycle()
    lifecycle.add(
      'slow',
      (stopping) =>
        new Promise((_, reject) => stopping.addEventListener('abort', () => reject(new Error('given up')))),
    )
    const { signals, code, failures } = run(forever, { lifecycle })
    signals.emit('SIGTERM', 'SIGTERM')
    expect(await code).toBe(0)
    expect(failures).toEqual([])
  })
})
