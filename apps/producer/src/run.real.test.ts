import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { run } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'sunpress-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SECRET = 'the-secret-of-this-test'
const env = () => ({
  REDIS_URL: inject('redisUrl'),
  SUNPRESS_NAMESPACE: `r${process.pid}`,
  SUNPRESS_STORE: `file:${folder}`,
  WECHAT_APPID: 'wx00000000000000bb',
  WECHAT_APPSECRET: SECRET,
  PORT: '0',
  METRICS_PORT: '0',
})

function start(given: Record<string, string>): ChildProcess {
  const main = new URL('../dist/main.js', import.meta.url)
  return spawn(process.execPath, [main.pathname], {
    env: { PATH: process.env['PATH'], ...given },
    stdio: 'pipe',
  })
}

describe('the producer as a process', () => {
  it('says that it is ready, answers, and ends with 0 on SIGTERM', async () => {
    const child = start(env())
    if (child.stdout === null) throw new Error('no stdout')
    const lines: string[] = []
    const ended = once(child, 'exit')
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      const { msg, url } = JSON.parse(line) as { msg: string; url: string }
      if (msg !== 'ready') continue
      expect((await fetch(`${url}/v1/apps`)).status).toBe(200)
      child.kill('SIGTERM')
    }
    expect(await ended).toEqual([0, null])
    expect(lines.join('\n')).not.toContain(SECRET)
  })

  it('ends with 2, naming it, for what cannot be', async () => {
    const told: string[] = []
    const io = { stderr: { write: (text: string) => told.push(text) } }
    expect(await run(['--fast'], env(), io)).toBe(2)
    expect(await run([], { ...env(), PORT: 'x' }, io)).toBe(2)
    expect(await run([], { ...env(), HOST: '0.0.0.0' }, io)).toBe(2)
    expect(told.join('')).toMatch(/--fast[\s\S]*PORT[\s\S]*HOST/)
  })
})
