/** The API on a port. */
import type { Listen } from '@sunpress/runtime'
import type { Api } from './routes/route.js'

/** Listens by the rules of the process: it may be asked again with another port. */
export const listenWith =
  (app: Api): Listen =>
  async ({ host, port }) => {
    await app.ready()
    return await new Promise((resolve, reject) => {
      const { server } = app
      const settle = (error?: Error) => {
        server.off('error', settle).off('listening', settle)
        const address = server.address()
        if (error !== undefined) reject(error)
        else resolve(typeof address === 'object' && address !== null ? address.port : port)
      }
      server.once('error', settle).once('listening', settle)
      server.listen({ host, port })
    })
  }

/** While it closes, connections end with their answers: kept alive, each would hold up the end for a minute. */
export function installDraining(app: Api): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async () => {
    // For an answer whose head went out before.
    if (closing) setImmediate(() => app.server.closeIdleConnections())
  })
}

/** Takes no new connection and lets requests end; at the deadline they are cut off. */
export async function closeApi(app: Api, hurry: AbortSignal): Promise<void> {
  const cut = (): void => app.server.closeAllConnections()
  if (hurry.aborted) cut()
  hurry.addEventListener('abort', cut, { once: true })
  await app.close()
  hurry.removeEventListener('abort', cut)
}
