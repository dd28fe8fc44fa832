/** Pictures that are there already, serve several rows, are defective, or cannot be stored or published. */
import { makeJpeg, makePng } from '@sunpress/image/testing'
import { describe, expect, it } from 'vitest'
import { RetryFault, WaitFault } from './fault.js'
import { CREATED_AT_MS, closed, picture, script, travel } from './testing/use-road.js'

describe('generateCode', () => {
  it('publishes what the store has already as reused, without a call', async () => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS - 1 })
    await travel()
    expect(script.steps).toEqual(['publish abab'])
    expect(script.events[0]).toMatchObject({ reused: true })
  })

  it('does not call reused what it has just made, though the clock of its host be an hour slow', async () => {
    script.answers.push(picture)
    script.closedAtMs = CREATED_AT_MS - 3_600_000
    await travel()
    expect(script.events[0]).toMatchObject({ reused: false })
  })

  it('makes one call for rows of the same code that are in hand together', async () => {
    script.answers.push(picture)
    script.road.store.put = async () => {
      script.stored = closed()
      return closed()
    }
    await Promise.all([travel(), travel({ index: 8 }), travel({ index: 9 })])
    expect(script.steps.filter((step) => step === 'call')).toHaveLength(1)
    expect(script.events.map((event) => 'reused' in event && event.reused)).toEqual([false, true, true])
  })

  it('publishes a later row with the same scene as reused', async () => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS + 1 })
    await travel()
    expect(script.events[0]).toMatchObject({ reused: true })
  })

  it.each([
    ['enqueued again', { again: true }, {}],
    ['tried before', {}, { spent: 1 }],
    ['in the hands of a worker that died', {}, { workersLost: 1 }],
  ])('does not call a picture reused that may be its own: %s', async (_, changes, tried) => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS + 1 })
    await travel(changes, tried)
    expect(script.events[0]).toMatchObject({ reused: false })
  })

  it('says that its picture is stored when it cannot be published now', async () => {
    script.answers.push(picture)
    script.road.feed.publish = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 1_000, stored: true })
  })

  it('stores and publishes nothing when the picture is cut short', async () => {
    script.answers.push(picture.subarray(0, picture.length - 1))
    expect(await travel()).toMatchObject({ next: 'retry', code: 'picture_truncated' })
    expect(script.steps).toEqual(['token', 'permit', 'call'])
  })

  it('asks once more, at no cost, for a whole picture that is not what the look says', async () => {
    script.answers.push(makePng({ width: 280, height: 280 }), picture)
    expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit', 'call', 'permit', 'call', 'put', 'publish abab'])
  })

  it.each([
    ['picture_wrong_format', makePng({ width: 280, height: 280 })],
    ['picture_wrong_size', makeJpeg({ width: 281, height: 281 })],
  ])(
    'refuses a look that WeChat prints otherwise twice in a row, and stores nothing: %s',
    async (reason, other) => {
      script.answers.push(other, other)
      expect(await travel()).toEqual({ next: 'remove' })
      expect(script.events[0]).toMatchObject({ reason, attempts: 1 })
      expect(script.steps).not.toContain('put')
    },
  )

  it('retries a picture that is defective in another way when it is asked for again', async () => {
    script.answers.push(makePng({ width: 280, height: 280 }), picture.subarray(0, picture.length - 1))
    expect(await travel()).toMatchObject({ next: 'retry', code: 'picture_truncated' })
  })

  it('publishes nothing when the store could not close the picture', async () => {
    script.answers.push(picture)
    script.putFails = new RetryFault('store_io', 'EIO')
    expect(await travel()).toMatchObject({ next: 'retry', code: 'store_io' })
    expect(script.events).toEqual([])
  })
})
