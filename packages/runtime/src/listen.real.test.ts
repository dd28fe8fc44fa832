import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ConfigFault } from './config-fault.js'
import { exitCodeOf } from './exit-code.js'
import { listenOn } from './listen.js'

const host = '127.0.0.1'
const servers: Server[] = []

function server(): Server {
  const made = createServer()
  servers.push(made)
  return made
}

const takeAnyPort = () => listenOn(server(), { host, port: 0, given: true, name: 'PORT' })

afterEach(async () => {
  const open = servers.splice(0).filter((made) => made.listening)
  await Promise.all(open.map((made) => once(made.close(), 'close')))
})

describe('listenOn', () => {
  it('takes any free port for 0, and tells which', async () => {
    const { port, url } = await takeAnyPort()
    expect(port).toBeGreaterThan(0)
    expect(url).toBe(`http://127.0.0.1:${port}`)
  })

  it('refuses a given port that is taken, naming it, with exit code 2', async () => {
    const { port } = await takeAnyPort()
    const fault = await listenOn(server(), { host, port, given: true, name: 'PORT' }).catch(
      (error: unknown) => error,
    )
    expect(fault).toBeInstanceOf(ConfigFault)
    expect(exitCodeOf(fault)).toBe(2)
    expect((fault as ConfigFault).message).toContain(`PORT: expected a free port, got ${port}`)
    expect((fault as ConfigFault).cause).toMatchObject({ code: 'EADDRINUSE' })
  })

  it('takes the next free port for a default that is taken', async () => {
    const { port } = await takeAnyPort()
    const next = await listenOn(server(), { host, port, given: false, name: 'PORT' })
    expect(next.port).toBeGreaterThan(port)
  })

  it('names an address that isn’t ours', async () => {
    const listening = listenOn(server(), { host: '192.0.2.1', port: 0, given: true, name: 'PORT' })
    await expect(listening).rejects.toThrow('HOST: expected an address of this machine')
  })

  it('takes whatever can listen', async () => {
    const asked: number[] = []
    const listen = async ({ port }: { port: number }) => {
      asked.push(port)
      if (asked.length < 3) throw Object.assign(new Error('taken'), { code: 'EADDRINUSE' })
      return port
    }
    const { url } = await listenOn(listen, { host, port: 8080, given: false, name: 'PORT' })
    expect(asked).toEqual([8080, 8081, 8082])
    expect(url).toBe('http://127.0.0.1:8082')
  })

  it('hands on errors that have nothing to do with the port', async () => {
    const listen = () => Promise.reject(new Error('closed'))
    await expect(listenOn(listen, { host, port: 1, given: false, name: 'PORT' })).rejects.toThrow('closed')
  })
})
