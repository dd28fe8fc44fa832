import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../testing/test-api.js'
import { drain, streamedBody } from './streamed-body.js'

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
})
