import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { jsonItems, writeText } from './write-text.js'

async function* rows(...all: readonly object[]) {
  yield* all
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  await writeText(output, pieces)
  expect(output.writableEnded, 'the output stays open').toBe(false)
  return text
}

test.each([[[]], [[{ n: 1 }]], [[{ n: 1 }, { n: 2 }]]])('rows %j make one document', async (items) => {
  expect(JSON.parse(await textOf(jsonItems(rows(...items))))).toEqual({ items })
})

test('a document that fails before its first row leaves no beginning of one', async () => {
  async function* failing() {
    yield* []
    throw new Error('no such campaign')
  }
  let written = 0
  const output = new Writable({
    write(_chunk, _encoding, done) {
      written++
      done()
    },
  })
  await expect(writeText(output, jsonItems(failing()))).rejects.toThrow('no such campaign')
  expect(written).toBe(0)
})

test('a reader that stops reading is no failure', async () => {
  const output = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('closed'), { code: 'EPIPE' })),
  })
  await writeText(output, jsonItems(rows({ n: 1 }, { n: 2 })))
})
