/** How the API ends. */
import type { Api } from './routes/route.js'

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
