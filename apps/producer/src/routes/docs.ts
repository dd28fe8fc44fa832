/** The API's own description: OpenAPI 3.1, made of the very schemas of the routes, and a page to read it. */
import { fastifySwagger } from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { AppId } from '@sunpress/core'
import type { Api } from './route.js'

/** Before the routes that it is to describe. `example`: the app of the page's example; null where nobody is to read it there. */
export async function describeApi(app: Api, example: AppId | null): Promise<void> {
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
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    // Without its bar, which asks for the address of another description.
    uiConfig: { layout: 'BaseLayout' },
    logo: { type: 'image/svg+xml', content: SUN },
    theme: { title: 'Sunpress API', favicon: [FAVICON] },
    transformSpecification: (document) => withExampleOf(document, example),
  })
  app.get('/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )
}

/** Swagger UI writes styles into its elements. Nothing is upgraded to https: a producer speaks plain http. */
const PAGE_POLICY = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'frame-ancestors': "'self'",
  'img-src': "'self' data:",
  'object-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
}

const SUN =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="8" fill="#f5a300"/><circle cx="16" cy="16" r="13" fill="none" stroke="#f5a300" stroke-width="4" stroke-dasharray="4 6.2"/></svg>'
const FAVICON = {
  ...{ filename: 'favicon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any' },
  content: SUN,
}

/** An example that can be sent as it stands names an app that is known here. */
function withExampleOf<D extends object>(document: D, app: AppId | null): D {
  const { components } = document as { components?: { schemas?: Record<string, { examples?: object[] }> } }
  const request = components?.schemas?.['CampaignRequest']
  if (app !== null && request?.examples !== undefined)
    request.examples = request.examples.map((example) => ({ ...example, app }))
  return document
}
