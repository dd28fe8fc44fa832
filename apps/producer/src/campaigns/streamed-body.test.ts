import { PassThrough, Readable } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sha256 } from '../testing/test-api.js'
import { drain, streamedBody } from './streamed-body.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('streamedBody', () => {
  it('gives the bytes and their checksum', async () => {
    const body = streamedBody(Readable.from([Buffer.from('a'), Buffer.from('bc')]), 3)
    await drain(body)
    expect(body.sha256()).toBe(sha256('abc'))
  })

  it('throws when the connection breaks', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('a')
        throw new Error('aborted')
      })(),
    )
    await expect(drain(streamedBody(broken, null))).rejects.toMatchObject({ status: 400, code: 'cut_off' })
  })

  it('throws when fewer bytes came than were announced', async () => {
    await expect(drain(streamedBody(Readable.from([Buffer.from('a')]), 2))).rejects.toMatchObject({
      code: 'cut_off',
    })
  })

  it('throws when nothing comes for a minute, and ends the connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const body = new PassThrough()
    body.write('a')
    const bytes = streamedBody(body, 5).bytes[Symbol.asyncIterator]()
    expect((await bytes.next()).value).toEqual(Buffer.from('a'))
    const next = expect(bytes.next()).rejects.toMatchObject({
      ...{ status: 400, code: 'cut_off', message: expect.stringContaining('60 seconds') },
      headers: { connection: 'close' },
    })
    await vi.advanceTimersByTimeAsync(60_000)
    await next
  })

  it('waits as long as a body goes on, and as its reader is busy', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const body = new PassThrough()
    const bytes = streamedBody(body, null).bytes[Symbol.asyncIterator]()
    for (let piece = 0; piece < 5; piece++) {
      const next = bytes.next()
      await vi.advanceTimersByTimeAsync(59_000)
      body.write('a')
      expect((await next).done).toBe(false)
      await vi.advanceTimersByTimeAsync(3_600_000)
    }
    body.end()
    expect((await bytes.next()).done).toBe(true)
  })

  it('lets go of a body that is not read to its end', async () => {
    const body = new PassThrough()
    body.write('a')
    for await (const _chunk of streamedBody(body, null).bytes) break
    expect(body.destroyed).toBe(false)
    const ended = new Promise((resolve) => body.once('end', resolve))
    body.resume().end('b')
    await ended
  })
})
