import { describe, expect, it } from 'vitest'
import { createLifecycle } from './lifecycle.js'

function logged() {
  const log: string[] = []
  const lifecycle = createLifecycle()
  const add = (name: string, stop: () => unknown = () => undefined) =>
    lifecycle.add(name, () => {
      log.push(`+${name}`)
      return () => {
        log.push(`-${name}`)
        return stop()
      }
    })
  return { log, lifecycle, add }
}

describe('createLifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const { log, lifecycle, add } = logged()
    for (const name of ['a', 'b', 'c']) add(name)
    await lifecycle.start()
    await lifecycle.stop()
    expect(log).toEqual(['+a', '+b', '+c', '-c', '-b', '-a'])
  })

  it('stops once, however often it is told to', async () => {
    const { log, lifecycle, add } = logged()
    add('a')
    await lifecycle.start()
    await Promise.all([lifecycle.stop(), lifecycle.stop()])
    await lifecycle.stop()
    expect(log).toEqual(['+a', '-a'])
  })

  it('stops without a start, and starts nothing afterwards', async () => {
    const { log, lifecycle, add } = logged()
    add('a')
    await lifecycle.stop()
    await lifecycle.start()
    expect(log).toEqual([])
  })

  it('says at once why a part fails to start, and stops what had started when it is told to', async () => {
    const { log, lifecycle, add } = logged()
    add('a')
    lifecycle.add('b', () => Promise.reject(new Error('b is broken')))
    add('c')
    await expect(lifecycle.start()).rejects.toThrow('b is broken')
    expect(log).toEqual(['+a'])
    await lifecycle.stop()
    expect(log).toEqual(['+a', '-a'])
  })

  it('undoes in reverse what a start had begun before it failed', async () => {
    const { log, lifecycle } = logged()
    lifecycle.add('a', async (_stopping, defer) => {
      defer(() => log.push('-first'))
      defer(() => log.push('-second'))
      throw new Error('a is broken')
    })
    await expect(lifecycle.start()).rejects.toThrow('a is broken')
    await lifecycle.stop()
    expect(log).toEqual(['-second', '-first'])
  })

  it('stops the rest when a part fails to stop, and says so at the end', async () => {
    const { log, lifecycle, add } = logged()
    add('a')
    add('b', () => Promise.reject(new Error('b hangs on')))
    await lifecycle.start()
    await expect(lifecycle.stop()).rejects.toThrow('b hangs on')
    expect(log).toEqual(['+a', '+b', '-b', '-a'])
  })

  it('waits for the part that is starting, stops it and starts no more', async () => {
    const { log, lifecycle, add } = logged()
    let finish = () => {}
    lifecycle.add('slow', async (stopping) => {
      log.push('+slow')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      log.push(stopping.aborted ? 'told' : 'not told')
      return () => log.push('-slow')
    })
    add('b')
    const started = lifecycle.start()
    const stopped = lifecycle.stop()
    finish()
    await Promise.all([started, stopped])
    expect(log).toEqual(['+slow', 'told', '-slow'])
  })

  it('hands the deadline to each part', async () => {
    const lifecycle = createLifecycle()
    const hurry = AbortSignal.abort()
    let seen: AbortSignal | null = null
    lifecycle.add('a', () => (signal) => {
      seen = signal
    })
    await lifecycle.start()
    await lifecycle.stop(hurry)
    expect(seen).toBe(hurry)
  })

  it('takes no part after the start', async () => {
    const { lifecycle, add } = logged()
    await lifecycle.start()
    expect(() => add('late')).toThrow('late')
  })
})
