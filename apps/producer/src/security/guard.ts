/**
 * Who may ask. With keys: a Bearer key with the scope for the method. Without: only this machine, and no proxy in between —
 * a page in a browser is kept out by its Host (DNS rebinding) and its Origin.
 */
import { isLoopback } from '@sunpress/runtime'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.js'
import type { ApiKey, ApiKeys } from './api-keys.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asked: the id of the API key, or `local`. */
    askedBy: string
  }
  interface FastifyContextConfig {
    /** Requests of this route prove themselves who sent them: neither key nor place is asked for. */
    signsItself?: true
  }
}

export function installGuard(app: FastifyInstance, keys: ApiKeys | null): void {
  app.decorateRequest('askedBy', 'local')
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.signsItself === true) return
    if (keys === null) checkLocal(request)
    else if (!isPublic(request)) request.askedBy = checkKey(request, keys).id
  })
}

/** The API's description holds nothing that isn't in the sources. */
const isPublic = ({ routeOptions, method }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  (routeOptions.url === '/v1/openapi.json' || routeOptions.url?.startsWith('/docs') === true)

/** What proxies add. One that adds nothing is not told from a client of this machine. */
const PROXY_HEADER = /^(forwarded|via|x-real-ip|x-forwarded(-.*)?)$/

function checkLocal({ headers }: FastifyRequest): void {
  const forwarded = Object.keys(headers).find((name) => PROXY_HEADER.test(name))
  if (forwarded !== undefined) {
    throw forbidden(
      'not_local',
      `Without API keys nothing that came through a proxy (${forwarded}) is answered.`,
    )
  }
  if (!isLoopback(hostOf(headers.host ?? ''))) {
    throw forbidden('not_local', 'Without API keys only a loopback Host is answered.')
  }
  const { origin } = headers
  if (origin !== undefined && !isLoopback(hostOf(origin.replace(/^https?:\/\//, '')))) {
    throw forbidden('not_local', 'Without API keys no page of another Origin is answered.')
  }
}

/** Without port; brackets of IPv6 stay, isLoopback knows them. */
const hostOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase()

function checkKey({ headers, method }: FastifyRequest, keys: ApiKeys): ApiKey {
  const presented = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (presented === undefined) throw unauthorized('An API key is wanted: Authorization: Bearer <key>.', '')
  const key = keys.find(presented)
  if (key === null) throw unauthorized('This API key is not known.', ', error="invalid_token"')
  const scope = method === 'GET' || method === 'HEAD' ? 'read' : 'write'
  if (key.scopes.has(scope)) return key
  const challenge = `Bearer realm="sunpress", error="insufficient_scope", scope="${scope}"`
  throw new Problem(403, 'scope', `This API key has no scope ${scope}.`, {
    headers: { 'www-authenticate': challenge },
  })
}

const unauthorized = (detail: string, error: string): Problem =>
  new Problem(401, 'unauthorized', detail, {
    headers: { 'www-authenticate': `Bearer realm="sunpress"${error}` },
  })

const forbidden = (code: string, detail: string): Problem => new Problem(403, code, detail)
