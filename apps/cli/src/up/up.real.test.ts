import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { Campaign, Page } from '@sunpress/client'
import { expect, onTestFinished, test } from 'vitest'
import { addressOf, makeFolder, noneWithin, startUp, stopUp } from '../testing/run-up.js'
import { pidsWithin } from '../testing/spawn-sunpress.js'

const FIRST_PICTURE = /First picture after ([\d.]+) s: (\S+)/
const DEMO_COMPLETED = /Demo completed after [\d.]+ s: 300 scenes: 300 published\n/

const roleOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
const pidOf = (folder: string, what: string): number =>
  pidsWithin(folder).find((pid) => roleOf(pid).includes(what)) ?? Number.NaN

/** Two starts of all there is, and two demos. */
const TWICE_MS = 120_000

test(
  'it prints a demo whose pictures can be opened, leaves nothing running after Ctrl-C, and prints again',
  async () => {
    const folder = makeFolder()
    const first = startUp(folder)
    const [, , picture = ''] = await first.wrote(FIRST_PICTURE)
    const response = await fetch(picture)
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.subarray(0, 3).toString('hex')).toBe('ffd8ff')
    expect(bytes.subarray(-2).toString('hex')).toBe('ffd9')
    await first.wrote(DEMO_COMPLETED)
    expect((await fetch(await addressOf(first, 'worker', 'metricsUrl'))).status).toBe(200)
    expect((await fetch(`${await addressOf(first, 'producer')}/docs`)).status).toBe(200)
    expect(await stopUp(first)).toBe(0)
    expect(pidsWithin(folder)).toEqual([])

    const second = startUp(folder)
    await second.wrote(DEMO_COMPLETED)
    const list = await fetch(`${await addressOf(second, 'producer')}/v1/campaigns`)
    const { items } = (await list.json()) as Page<Campaign>
    expect(items.map(({ counts }) => [counts.published, counts.reused])).toEqual([
      [300, 0],
      [300, 0],
    ])
    expect(await stopUp(second)).toBe(0)
  },
  TWICE_MS,
)

test('nothing is left running when it is killed', async () => {
  const folder = makeFolder()
  const up = startUp(folder)
  await up.wrote(FIRST_PICTURE)
  expect(pidsWithin(folder).length).toBeGreaterThanOrEqual(5)
  up.child.kill('SIGKILL')
  const killedAtMs = performance.now()
  await noneWithin(folder)
  // What a service may take to drain, at the longest.
  expect(performance.now() - killedAtMs).toBeLessThan(25_000)
})

test('a signal that comes later than a second after the first ends all of it at once', async () => {
  const folder = makeFolder()
  const up = startUp(folder, {}, ['--no-demo'])
  await up.wrote(/Sunpress is up/)
  // A worker that has been stopped in its tracks can't drain.
  process.kill(pidOf(folder, 'sunpress.js worker'), 'SIGSTOP')
  up.child.kill('SIGINT')
  await up.wrote(/Stopping…/)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  up.child.kill('SIGINT')
  expect(await up.exited).toBe(1)
  await noneWithin(folder)
})

test('when a process dies all stop, and it says which one and where its log is', async () => {
  const folder = makeFolder()
  const up = startUp(folder, {}, ['--no-demo'])
  await up.wrote(/Sunpress is up/)
  process.kill(pidOf(folder, 'sunpress.js worker'), 'SIGKILL')
  expect(await up.exited).toBe(1)
  expect(up.stderr()).toContain(`worker ended (SIGKILL); its log is ${folder}/data/logs/worker.log\n`)
  expect(up.stderr()).not.toMatch(/^ /m)
  expect(pidsWithin(folder)).toEqual([])
})

test('its Redis writes to disk every second and evicts nothing', async () => {
  const folder = makeFolder()
  const up = startUp(folder, {}, ['--no-demo'])
  await up.wrote(/Sunpress is up/)
  const [, port] =
    /redis-server 127\.0\.0\.1:(\d+)/.exec(roleOf(pidOf(folder, 'redis-server 127.0.0.1:'))) ?? []
  const redis = connect(Number(port), '127.0.0.1').setEncoding('utf8')
  redis.end('CONFIG GET maxmemory-policy\r\nCONFIG GET appendonly\r\nCONFIG GET appendfsync\r\n')
  const answers = (await redis.toArray()).join('')
  for (const [name, value] of [
    ['maxmemory-policy', 'noeviction'],
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
  ]) {
    expect(answers).toMatch(new RegExp(`${name}\\r\\n\\$\\d+\\r\\n${value}\\r\\n`))
  }
  up.child.kill('SIGINT')
  expect(await stopUp(up), 'two signals at once count as one').toBe(0)
})

test('a second one in the same folder is refused, and the first is none the worse for it', async () => {
  const folder = makeFolder()
  const first = startUp(folder, {}, ['--no-demo'])
  await first.wrote(/Sunpress is up/)
  const second = startUp(folder, {}, ['--no-demo'])
  expect(await second.exited).toBe(2)
  expect(second.stderr()).toMatch(/SUNPRESS_STORE: .*no other `sunpress up` is using.*got "file:.\/data"/)
  expect((await fetch(`${await addressOf(first, 'producer')}/v1/campaigns`)).status).toBe(200)
  expect(await stopUp(first)).toBe(0)
})

test('a port that was asked for and is taken is refused by its name', async () => {
  const folder = makeFolder()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const up = startUp(folder, { PORT: String(port) }, ['--no-demo'])
  expect(await up.exited).toBe(2)
  expect(up.stderr()).toContain(`PORT: expected a free port, got ${port}`)
  expect(up.stderr()).toMatch(/^producer ended \(exit code 2\); its log is .*\/producer\.log\n(?! )/m)
  expect(up.stderr()).not.toContain('defects')
  expect(pidsWithin(folder)).toEqual([])
})

test('a variable that does not exist is refused before anything is started', async () => {
  const folder = makeFolder()
  const up = startUp(folder, { SUNPRESS_STORR: 'file:./data' })
  expect(await up.exited).toBe(2)
  expect(up.stderr()).toContain('did you mean SUNPRESS_STORE?')
  expect(up.stdout()).toBe('')
})

test('without any Redis to be had it says what to install', async () => {
  const folder = makeFolder()
  const up = startUp(folder, { PATH: '/nowhere' }, ['--no-demo'])
  expect(await up.exited).toBe(2)
  expect(up.stderr()).toContain('redis-server or valkey-server on PATH')
})
