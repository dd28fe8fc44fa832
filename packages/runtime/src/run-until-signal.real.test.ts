/** Runs the built package in processes of its own: what signals and pipes do can't be told otherwise. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'

const RUNTIME = new URL('../dist/index.js', import.meta.url).href
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A service that drains for `drainMs`, says what happens, and is kept alive by a timer until it is stopped. */
const SERVICE = (drainMs: number) => `
  import { createLifecycle, endWhenPipeCloses, runUntilSignal } from '${RUNTIME}'
  const lifecycle = createLifecycle()
  const tether = process.env.SUNPRESS_TETHER === 'fd' ? endWhenPipeCloses() : null
  if (tether) lifecycle.add('tether', () => () => tether.release())
  lifecycle.add('work', () => {
    const timer = setInterval(() => {}, 1000)
    return () => new Promise((resolve) => setTimeout(resolve, ${drainMs})).then(() => clearInterval(timer))
  })
  lifecycle.add('ready', () => console.log('ready'))
  process.exitCode = await runUntilSignal({
    lifecycle, cut: tether?.cut, onStopping: (why) => console.log('stopping ' + why),
  })
  console.log('returned')`

interface Service {
  readonly child: ChildProcess
  readonly ended: Promise<string>
  said(word: string): Promise<void>
}

function start(source: string, env: Record<string, string> = {}): Service {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  })
  children.push(child)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = once(child, 'close').then(
    ([code, signal]) => `${code ?? signal} ${output.trim().replaceAll('\n', ', ')}`,
  )
  const said = async (word: string) => {
    while (!output.includes(word)) await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  }
  return { child, ended, said }
}

describe('a service in a process', () => {
  it('drains at SIGTERM and ends by itself with 0', async () => {
    const { child, ended, said } = start(SERVICE(50))
    await said('ready')
    child.kill('SIGTERM')
    expect(await ended).toBe('0 ready, stopping SIGTERM, returned')
  })

  it('takes a Ctrl-C that comes twice for one', async () => {
    const { child, ended, said } = start(SERVICE(50))
    await said('ready')
    child.kill('SIGINT')
    await said('stopping')
    child.kill('SIGINT')
    expect(await ended).toBe('0 ready, stopping SIGINT, returned')
  })

  it('survives a Ctrl-C that comes again when it has drained already', async () => {
    const { child, ended, said } = start(`${SERVICE(0)}; setTimeout(() => console.log('ended'), 200)`)
    await said('ready')
    child.kill('SIGINT')
    await said('returned')
    child.kill('SIGINT')
    expect(await ended).toBe('0 ready, stopping SIGINT, returned, ended')
  })

  it('ends when the parent’s end of its tether closes', async () => {
    const { child, ended, said } = start(SERVICE(10), { SUNPRESS_TETHER: 'fd' })
    await said('ready')
    child.stdio[3]?.destroy()
    expect(await ended).toBe('0 ready, stopping tether, returned')
  })

  it('lets go of its tether when it ends for another reason', async () => {
    const { child, ended, said } = start(SERVICE(10), { SUNPRESS_TETHER: 'fd' })
    await said('ready')
    child.kill('SIGTERM')
    expect(await ended).toBe('0 ready, stopping SIGTERM, returned')
  })

  it('ends when the parent is killed', async () => {
    const service = JSON.stringify(SERVICE(10))
    const parent = start(`
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, ['--input-type=module', '-e', ${service}], {
        detached: true, stdio: ['ignore', 'inherit', 'inherit', 'pipe'], env: { ...process.env, SUNPRESS_TETHER: 'fd' },
      })
      console.log('child ' + child.pid)`)
    await parent.said('ready')
    parent.child.kill('SIGKILL')
    // Closed only when the grandchild, which shares stdout, is gone too.
    expect(await parent.ended).toMatch(/^SIGKILL .*stopping tether, returned$/)
  })

  it('refuses a tether to nothing', async () => {
    const source = `
      import { endWhenPipeCloses, exitCodeOf } from '${RUNTIME}'
      try { endWhenPipeCloses(99) } catch (fault) { console.log(fault.message); process.exitCode = exitCodeOf(fault) }`
    expect(await start(source).ended).toMatch(/^2 tether: 1 defect, .*SUNPRESS_TETHER: expected a pipe/)
  })
})
