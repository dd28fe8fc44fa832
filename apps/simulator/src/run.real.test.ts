import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from './run.js'
import { startAt } from './simulator.js'
import { call, errcodeOf } from './testing/caller.js'

type Ready = { msg: string; role: string; url: string; adminUrl: string }

/** Runs the command; `ready` resolves with its first line, `stop` ends it. */
function begin(...argv: string[]) {
  const stop = new AbortController()
  const written = { stdout: '', stderr: '' }
  let tell: (line: Ready) => void = () => {}
  const ready = new Promise<Ready>((resolve) => {
    tell = resolve
  })
  const stdout = {
    write: (text: string) => {
      written.stdout += text
      if (text.startsWith('{')) tell(JSON.parse(text))
    },
  }
  const stderr = { write: (text: string) => (written.stderr += text) }
  const exit = run(argv, {}, { stdout, stderr, signal: stop.signal })
  return { exit, ready, written, stop: () => stop.abort() }
}

async function takenPort() {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { port, free: () => server.close() }
}

test('it logs one ready line with both addresses and stops with 0', async () => {
  // Not by asking at its address: the port may be another's by then.
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
  const before = listening()
  const running = begin('--port', '0', '--admin-port', '0')
  const { msg, role, adminUrl } = await running.ready
  expect([msg, role]).toEqual(['ready', 'simulator'])
  expect((await call(`${adminUrl}/healthz`, { method: 'GET' })).status).toBe(200)
  expect(listening()).toBe(before + 2)
  running.stop()
  expect(await running.exit).toBe(0)
  expect(running.written.stdout.trim().split('\n')).toHaveLength(1)
  await expect.poll(listening).toBe(before)
})

test('SIGTERM stops it with 0 and leaves no listener behind', async () => {
  const before = process.listenerCount('SIGTERM')
  const running = begin('--port', '0', '--admin-port', '0')
  await running.ready
  process.emit('SIGTERM')
  expect(await running.exit).toBe(0)
  expect(process.listenerCount('SIGTERM')).toBe(before)
})

test('a port given and taken is exit 2, and the message names it', async () => {
  const { port, free } = await takenPort()
  for (const flags of [
    ['--port', String(port), '--admin-port', '0'],
    ['--port', '0', '--admin-port', String(port)],
  ]) {
    const running = begin(...flags)
    expect(await running.exit).toBe(2)
    expect(running.written.stderr).toContain(`port ${port} on 127.0.0.1`)
  }
  free()
})

test('a default port that is taken is passed over for the next free one', async () => {
  const { port, free } = await takenPort()
  const address = { host: '127.0.0.1', port, given: false }
  const simulator = await startAt({}, address, { ...address, port: 0 })
  expect(Number(new URL(simulator.url).port)).toBeGreaterThan(port)
  await simulator.close()
  free()
})

test('wrong usage is exit 2 and names the flag', async () => {
  const running = begin('--window', 'daily')
  expect(await running.exit).toBe(2)
  expect(running.written.stderr).toBe(
    'sunpress simulator: --window: expected one of clock, first-call, sliding, bucket, got "daily"\n',
  )
})

test('an apps file is read: its apps exist, others do not', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'simulator-')), 'apps.json')
  await writeFile(file, '[{"appid":"wx1","secret":"s"}]')
  const running = begin('--port', '0', '--admin-port', '0', '--apps', file)
  const { url } = await running.ready
  const stable = async (appid: string) => {
    const body = { grant_type: 'client_credential', appid, secret: 's' }
    return errcodeOf(await call(`${url}/cgi-bin/stable_token`, { body }))
  }
  expect([await stable('wx1'), await stable('wx2')]).toEqual([undefined, 40013])
  running.stop()
  await running.exit
})

test('an apps file that is missing or wrong is exit 2', async () => {
  const missing = begin('--apps', '/nowhere/apps.json')
  expect(await missing.exit).toBe(2)
  expect(missing.written.stderr).toContain('--apps: expected a file that can be read')
})

test('a scenario file is played from the start', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'simulator-')), 'scenario.json')
  await writeFile(file, '{"steps":[{"at":0,"do":"limits","with":{"secret":"right"}}]}')
  const running = begin('--port', '0', '--admin-port', '0', '--scenario', file)
  const { url } = await running.ready
  const body = { grant_type: 'client_credential', appid: 'wx1', secret: 'wrong' }
  expect(errcodeOf(await call(`${url}/cgi-bin/stable_token`, { body }))).toBe(40125)
  running.stop()
  expect(await running.exit).toBe(0)
})

test('a scenario file that is missing or wrong is exit 2 and names the field', async () => {
  const missing = begin('--scenario', '/nowhere/scenario.json')
  expect(await missing.exit).toBe(2)
  expect(missing.written.stderr).toContain('--scenario: expected a file that can be read')
  const file = join(await mkdtemp(join(tmpdir(), 'simulator-')), 'scenario.json')
  await writeFile(file, '{"steps":[{"at":0,"do":"faults","with":[{"kind":"reset","count":0}]}]}')
  const wrong = begin('--scenario', file)
  expect(await wrong.exit).toBe(2)
  expect(wrong.written.stderr).toContain(
    'steps[0].with[0].count: expected a whole number of at least 1, got 0',
  )
})

test('help is printed with 0', async () => {
  const running = begin('--help')
  expect(await running.exit).toBe(0)
  expect(running.written.stdout).toContain('--per-minute N')
})
