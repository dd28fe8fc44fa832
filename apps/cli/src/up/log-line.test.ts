import { expect, test } from 'vitest'
import { INFO, parseLogLine, WARN } from './log-line.js'

test('a ready line gives the addresses that it has', () => {
  const line =
    '{"level":"info","role":"worker","url":null,"metricsUrl":"http://127.0.0.1:9465/metrics","msg":"ready"}'
  expect(parseLogLine(line, INFO)).toEqual({
    level: INFO,
    text: 'ready',
    plain: false,
    ready: { role: 'worker', metricsUrl: 'http://127.0.0.1:9465/metrics' },
  })
})

test.each([
  ['{"level":40,"msg":"slow"}', 40, 'slow'],
  ['{"level":"error","msg":"failed","fault":{"message":"no room"}}', 50, 'failed: no room'],
  ['{"level":"warn","msg":"no room on disk","err":{"message":"no room"}}', 40, 'no room on disk'],
  ['{"msg":"no level"}', INFO, 'no level'],
  ['plain text', WARN, 'plain text'],
  ['{broken', WARN, '{broken'],
])('%s is read for people', (line, level, text) => {
  expect(parseLogLine(line, WARN)).toEqual({ level, text, plain: line === text, ready: null })
})
