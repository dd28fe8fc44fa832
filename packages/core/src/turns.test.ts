import { describe, expect, it } from 'vitest'
import { createTurns } from './turns.js'

describe('createTurns', () => {
  it('runs steps of one name one after the other, and of other names beside them', async () => {
    const turns = createTurns()
    const log: string[] = []
    let open: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const first = turns.take('a', async () => {
      log.push('a1 begins')
      await gate
      log.push('a1 ends')
    })
    const second = turns.take('a', async () => log.push('a2'))
    await turns.take('b', async () => log.push('b'))
    expect(log).toEqual(['a1 begins', 'b'])
    open()
    await Promise.all([first, second])
    expect(log).toEqual(['a1 begins', 'b', 'a1 ends', 'a2'])
  })

  it('goes on behind a step that failed, and tells its own caller alone', async () => {
    const turns = createTurns()
    const failed = turns.take('a', () => Promise.reject(new Error('no')))
    const next = turns.take('a', async () => 'yes')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
