/** The API's own description: OpenAPI 3.1, made of the very schemas of the routes, and a page to read it. */
import { fastifySwagger } from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { Api } from './route.js'

/** Before the routes that it is to describe. */
export async function describeApi(app: Api): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sunpress',
        version: '1',
        description: 'Prints WeChat Mini Program codes ahead of time. Errors are RFC 9457 problem details.',
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'Where API keys are set up' },
        },
      },
      security: [{ apiKey: [] }, {}],
      tags: [{ name: 'campaigns' }, { name: 'codes' }, { name: 'apps' }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json['$id'] ?? `def-${i}`) },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )
}
