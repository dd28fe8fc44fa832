/** A TCP or TLS server that counts every byte it gets and answers as it is told, down to the byte. */
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** Called for each whole request; writes what it likes. */
export type Answerer = (socket: Socket, request: string, n: number) => void

export interface RawServer {
  readonly url: string
  /** All that came, in order. */
  readonly requests: string[]
  /** Connections ever made; TLS ones count when their handshake is done. */
  connections(): number
  /** Connections that have ended. */
  closed(): number
  bytes(): number
  readonly open: Set<Socket>
  answer: Answerer
  /** Resolves when the condition holds; looked at again whenever something happens here. */
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startRawServer(tls?: { key: string; cert: string }): Promise<RawServer> {
  const events = new EventEmitter().setMaxListeners(100)
  const open = new Set<Socket>()
  const requests: string[] = []
  let [connections, closed, bytes] = [0, 0, 0]
  const accept = (socket: Socket) => {
    connections++
    open.add(socket)
    let text = ''
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      closed++
      events.emit('change')
    })
    socket.on('data', (chunk) => {
      bytes += chunk.length
      text += chunk.toString('latin1')
      for (let end = endOfRequest(text); end > 0; end = endOfRequest(text)) {
        requests.push(text.slice(0, end))
        text = text.slice(end)
        server.answer(socket, requests.at(-1) ?? '', requests.length)
      }
      events.emit('change')
    })
    events.emit('change')
  }
  const listener = tls === undefined ? createServer(accept) : createTlsServer(tls, accept)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const server: RawServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    closed: () => closed,
    bytes: () => bytes,
    open,
    answer: (socket) => socket.write(httpAnswer('hello')),
    async until(condition) {
      while (!condition()) await once(events, 'change')
    },
    async close() {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
  return server
}

function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return 0
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
  return text.length >= head + 4 + length ? head + 4 + length : 0
}

export const httpAnswer = (body: string, status = '200 OK', headers = ''): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`
