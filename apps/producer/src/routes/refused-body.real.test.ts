/** What becomes of a connection whose request was refused while its body was still on its way. */
import { connect } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createTestApi } from '../testing/test-api.js'

const LENGTH = 11_000_000

it('stays for a client that has gone on sending while this process stood still', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { app } = await createTestApi()
  const { hostname, port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  onTestFinished(() => app.close())
  const socket = connect(Number(port), hostname).setEncoding('latin1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  let answers = ''
  socket.on('data', (text: string) => {
    answers += text
  })
  const head = `Host: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${LENGTH}`
  socket.write(`POST /v1/campaigns HTTP/1.1\r\n${head}\r\n\r\n[`)
  await expect.poll(() => answers).toMatch(/^HTTP\/1\.1 413/)
  socket.write(' '.repeat(1_000))
  // Its timers are the first that a process comes to when it goes on.
  vi.advanceTimersByTime(2_000)
  socket.write(' '.repeat(LENGTH - 1_001))
  socket.write(`GET /v1/apps HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  await expect.poll(() => socket.destroyed || answers).toContain('HTTP/1.1 200')
})
