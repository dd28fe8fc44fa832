import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Output } from '../context.js'
import { createScreen } from './screen.js'

function fakeOutput(terminal: { columns: number } | null): { output: Output; text: () => string } {
  let text = ''
  const writable = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const output: Output = terminal === null ? writable : Object.assign(writable, { isTTY: true, ...terminal })
  return { output, text: () => text }
}

const status = (text: string) => [(columns: number) => `${text}@${columns}`, () => text] as const

test('a terminal gets one line that is rewritten, as wide as it is', () => {
  const { output, text } = fakeOutput({ columns: 40 })
  const screen = createScreen(output)
  screen.status(...status('10 %'))
  screen.status(...status('20 %'))
  screen.settle()
  expect(text()).toBe('\r\x1b[2K10 %@40\r\x1b[2K20 %@40\n')
})

test('a line printed meanwhile goes above the one at the bottom', () => {
  const { output, text } = fakeOutput({ columns: 40 })
  const screen = createScreen(output)
  screen.status(...status('10 %'))
  screen.print('a warning')
  expect(text()).toBe('\r\x1b[2K10 %@40\r\x1b[2Ka warning\n10 %@40')
})

test('a file gets plain lines, not more than one in five seconds', () => {
  const { output, text } = fakeOutput(null)
  let nowMs = 0
  const screen = createScreen(output, () => nowMs)
  for (const [atMs, shown] of [
    [0, 'a'],
    [4999, 'b'],
    [5000, 'c'],
  ] as const) {
    nowMs = atMs
    screen.status(...status(shown))
  }
  screen.settle()
  expect(text()).toBe('a\nc\n')
})
