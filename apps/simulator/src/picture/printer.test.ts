import { expect, test } from 'vitest'
import { decodeJpeg } from '../testing/decode-jpeg.js'
import { readNote } from './note.js'
import { createPrinter, type PictureOrder } from './printer.js'

function order(scene: string, over: Partial<PictureOrder> = {}): PictureOrder {
  const note = {
    v: 1,
    appid: 'wx1',
    endpoint: 'getwxacodeunlimit',
    carriesScene: true,
    params: { scene },
  } as const
  return { note, format: 'jpeg', width: 280, colour: { r: 0, g: 0, b: 0 }, transparent: false, ...over }
}

test('the same order prints the same bytes, also by another printer', () => {
  const [first, again] = [createPrinter(), createPrinter()].map((printer) => printer.print(order('s=1')))
  expect(Buffer.concat(first?.parts ?? []).equals(Buffer.concat(again?.parts ?? []))).toBe(true)
})

test.each(['jpeg', 'png'] as const)(
  'a %s says which scene it is for, and is as long as announced',
  (format) => {
    const printer = createPrinter()
    const asked = order('s=码', { format, transparent: format === 'png' })
    const picture = printer.print(asked)
    const file = Buffer.concat(picture.parts)
    expect(file.length).toBe(picture.bytes)
    expect(readNote(file)).toEqual(asked.note)
  },
)

test('different scenes mostly look different', () => {
  const printer = createPrinter()
  const drawings = new Set(
    Array.from({ length: 12 }, (_, i) => {
      const { luma } = decodeJpeg(Buffer.concat(printer.print(order(`s=${i}`)).parts))
      return Buffer.from(luma).toString('base64')
    }),
  )
  expect(drawings.size).toBeGreaterThan(6)
})

test('a cache stays within its bound and still prints right pictures', () => {
  const bound = 100_000
  const small = createPrinter(bound)
  const roomy = createPrinter()
  for (const scene of ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd']) {
    const [one, other] = [small, roomy].map((printer) => Buffer.concat(printer.print(order(scene)).parts))
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true)
    expect(small.keptBytes()).toBeLessThanOrEqual(bound)
  }
  expect(roomy.keptBytes()).toBeGreaterThan(bound)
})

test('bytes that are no picture of the simulator have no note', () => {
  expect(readNote(Buffer.from('{"errcode":-1}'))).toBeUndefined()
  expect(readNote(Buffer.alloc(0))).toBeUndefined()
})
