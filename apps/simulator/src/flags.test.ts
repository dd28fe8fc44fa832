import { expect, test } from 'vitest'
import { parseFlags, usage } from './flags.js'

test('without flags the defaults hold, and no port counts as given', () => {
  expect(parseFlags([])).toEqual({
    port: 9470,
    portGiven: false,
    adminPort: 9471,
    adminPortGiven: false,
    host: '127.0.0.1',
    window: 'clock',
    perMinute: 5000,
    latencyMs: 0,
    jitterMs: 0,
    appsFile: undefined,
    seed: 1,
  })
})

test('every flag is read', () => {
  const argv =
    '--port 0 --admin-port=9 --window sliding --per-minute 60 --latency-ms 5 --apps a.json --seed 7'
  expect(parseFlags(argv.split(' '))).toMatchObject({
    port: 0,
    portGiven: true,
    adminPort: 9,
    adminPortGiven: true,
    window: 'sliding',
    perMinute: 60,
    latencyMs: 5,
    appsFile: 'a.json',
    seed: 7,
  })
})

test.each([
  ['--port x', '--port: expected a whole number from 0 to 65535, got "x"'],
  ['--port 65536', '--port: expected a whole number from 0 to 65535, got "65536"'],
  ['--per-minute 0', '--per-minute: expected a whole number from 1 to 10000000, got "0"'],
  ['--window daily', '--window: expected one of clock, first-call, sliding, bucket, got "daily"'],
  ['--colour red', '--colour: expected a flag among --port, --admin-port'],
  ['--port', '--port: expected a flag among'],
  ['now', 'now: expected a flag among'],
])('%s is refused by name', (line, message) => {
  expect(() => parseFlags(line.split(' '))).toThrow(message)
})

test('help names every flag with its default', () => {
  expect(parseFlags(['--help'])).toBe('help')
  expect(usage()).toMatch(/--window clock\|first-call\|sliding\|bucket\n.* \(clock\)/)
})
