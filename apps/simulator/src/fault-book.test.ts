import { expect, test } from 'vitest'
import { createFaultBook } from './fault-book.js'
import { createRandom } from './random.js'

const CODE = '/wxa/getwxacodeunlimit'
const TOKEN = '/cgi-bin/stable_token'

function bookOf(list: unknown) {
  const book = createFaultBook(createRandom(1), (path) => path === CODE)
  book.replace(list)
  return book
}

function target(over: object = {}) {
  return { appid: 'wx1', path: CODE, scene: 's=1', ...over }
}

test('a count is used up by the calls that it hits, and by no others', () => {
  const book = bookOf([{ kind: 45009, match: { scene: 's=1' }, count: 2 }])
  const drawn = ['s=1', 's=2', 's=1', 's=1'].map((scene) => book.draw(target({ scene }))?.errcode)
  expect(drawn).toEqual([45009, undefined, 45009, undefined])
  expect(book.list()).toMatchObject([{ kind: 45009, fired: 2, left: 0 }])
})

test('without a count it has no end', () => {
  const book = bookOf([{ kind: 'empty_200' }])
  for (let i = 0; i < 50; i++) expect(book.draw(target())?.kind).toBe('empty_200')
  expect(book.list()).toMatchObject([{ left: null }])
})

test('a probability of a third hits about a third of the calls', () => {
  const book = bookOf([{ kind: 'reset', probability: 1 / 3 }])
  const hits = Array.from({ length: 3000 }, () => book.draw(target())).filter(Boolean).length
  expect(hits).toBeGreaterThan(900)
  expect(hits).toBeLessThan(1100)
})

test('a sticky probability chooses scenes: a chosen one always fails, another never', () => {
  const book = bookOf([{ kind: '-1', probability: 0.2, sticky: true }])
  const failed = (scene: string) => book.draw(target({ scene })) !== undefined
  const scenes = Array.from({ length: 2000 }, (_, i) => `s=${i}`)
  const first = scenes.filter(failed)
  expect(first.length).toBeGreaterThan(300)
  expect(first.length).toBeLessThan(500)
  expect(scenes.filter(failed)).toEqual(first)
})

test('texts match whole, regular expressions anywhere, and all parts of a match must agree', () => {
  const book = bookOf([{ kind: 'reset', match: { appid: 'wx1', scene: { regex: '^s=\\d$' } } }])
  expect(book.draw(target({ scene: 's=5' }))).toBeDefined()
  expect(book.draw(target({ scene: 's=55' }))).toBeUndefined()
  expect(book.draw(target({ appid: 'wx12', scene: 's=5' }))).toBeUndefined()
  expect(book.draw(target({ scene: null }))).toBeUndefined()
})

test('without a path only picture routes are hit; a token route wants to be named', () => {
  expect(bookOf([{ kind: 503 }]).draw(target({ path: TOKEN }))).toBeUndefined()
  expect(bookOf([{ kind: 503, match: { path: TOKEN } }]).draw(target({ path: TOKEN }))?.status).toBe(503)
  expect(bookOf([{ kind: 503, match: { path: TOKEN } }]).draw(target())).toBeUndefined()
})

test('the first fault that fires is the one', () => {
  const book = bookOf([
    { kind: 'reset', count: 1 },
    { kind: 'html_page', delayMs: 5 },
  ])
  expect([book.draw(target())?.kind, book.draw(target())?.kind]).toEqual(['reset', 'html_page'])
})

test.each<[unknown, string]>([
  [{ kind: 'reset' }, 'faults: expected an array'],
  [[{ kind: 'explode' }], 'faults[0].kind: expected an errcode, 502, 503, 504 or one of system_error'],
  [[{ kind: 'reset' }, {}], 'faults[1].kind: expected'],
  [[{ kind: 'reset', count: 0 }], 'faults[0].count: expected a whole number of at least 1, got 0'],
  [[{ kind: 'reset', probability: 2 }], 'faults[0].probability: expected a number from 0 to 1, got 2'],
  [[{ kind: 'reset', match: { url: 'x' } }], 'faults[0].match.url: expected one of appid, path, scene'],
  [[{ kind: 'reset', match: { scene: { regex: '(' } } }], 'faults[0].match.scene.regex: expected a regular'],
  [[{ kind: 'reset', match: { scene: 5 } }], 'faults[0].match.scene: expected an object'],
  [[{ kind: 'errcode' }], 'faults[0].errcode: expected a whole number, got nothing'],
  [[{ kind: 'reset', delay: 5 }], 'faults[0].delay: expected one of kind, match'],
])('%j is refused by name, and the faults before stay', (list, message) => {
  const book = bookOf([{ kind: 'reset' }])
  expect(() => book.replace(list)).toThrow(message)
  expect(book.list()).toHaveLength(1)
})
