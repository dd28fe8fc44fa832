/**
 * POST /v1/platforms/{appid}/events: the authorisation-event URL of a third-party platform. WeChat has no API key; its pushes
 * are signed, and the guard lets this route alone.
 */
import { Type } from 'typebox'
import { Problem } from '../problem.js'
import type { Api } from '../routes/route.js'
import { type PushParts, takePush } from './take-push.js'

/** A push has less than 2 kB. */
const MOST_BYTES = 64 * 1_024

const schema = {
  operationId: 'takePlatformPush',
  hide: true,
  params: Type.Object({ component: Type.String() }),
}

/** Register it in a scope of its own: it reads bodies of any type as bytes. */
export function pushRoute(app: Api, parts: PushParts): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body)
  app.post(
    '/v1/platforms/:component/events',
    { schema, bodyLimit: MOST_BYTES, config: { signsItself: true }, errorHandler: tellLimit },
    async ({ params, query, body }, reply) => {
      const given = { component: params.component, query: query as Record<string, unknown>, body }
      await takePush(parts, given)
      // The very word that WeChat waits for.
      return await reply.type('text/plain; charset=utf-8').send('success')
    },
  )
}

/** The limit of this route is its own; everything goes on to the API's error handler. */
function tellLimit(thrown: { readonly code?: string }): never {
  if (thrown.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw thrown
  throw new Problem(413, 'too_large', 'A push may have 64 kB.')
}
