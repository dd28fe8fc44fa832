import { type AppId, WaitFault } from '@sunpress/core'
import { closedAppBook } from '@sunpress/runtime'
import { describe, expect, it } from 'vitest'
import { createApiKeys } from './security/api-keys.js'
import { APP, APP_ID, createTestApi, sha256 } from './testing/test-api.js'

describe('problems', () => {
  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/v1/campaigns/x/nothing', 404],
    ['DELETE', '/v1/campaigns', 405],
    ['PUT', '/v1/campaigns/01ARZ3NDEKTSV4RRFFQ69G5FAV/pause', 405],
    ['GET', '/v1/%zz', 400],
    ['GET', `/v1/campaigns/${'x'.repeat(201)}`, 404],
  ] as const)('answers %s %s with problem %i', async (method, url, status) => {
    const { app } = await createTestApi()
    const answer = await app.inject({ method, url })
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.json()).toMatchObject({ status, type: expect.stringContaining('urn:sunpress:problem:') })
  })

  it('names the methods that a path knows', async () => {
    const { app } = await createTestApi()
    const { headers } = await app.inject({ method: 'DELETE', url: '/v1/campaigns' })
    expect(headers['allow']).toBe('GET, HEAD, POST')
  })

  it.each([
    ['{"a":', 'malformed_json'],
    ['['.repeat(40) + ']'.repeat(40), 'json_too_deep'],
  ])('refuses the JSON %s', async (payload, code) => {
    const { ask } = await createTestApi()
    const headers = { 'content-type': 'application/json' }
    const answer = await ask({ method: 'POST', url: '/v1/campaigns', payload, headers })
    expect(answer.json()).toMatchObject({ status: 400, code })
  })

  it('shows nothing of a bug, and tells the observer', async () => {
    const api = await createTestApi(({ campaigns }) => ({
      campaigns: { ...campaigns, readCampaign: () => Promise.reject(new Error('secret path')) },
    }))
    const answer = await api.ask({ url: '/v1/campaigns/01ARZ3NDEKTSV4RRFFQ69G5FAV' })
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal' })
    expect(answer.body).not.toContain('secret path')
    expect(api.failures).toEqual([new Error('secret path')])
  })

  it('counts answers by route, never by path', async () => {
    const seen: unknown[] = []
    const { app } = await createTestApi(({ observer }) => ({
      observer: { ...observer, answered: (...answered) => seen.push(answered) },
    }))
    await app.inject('/v1/apps/wx1')
    await app.inject('/elsewhere')
    await app.inject('/docs/static/swagger-ui.css')
    expect(seen).toEqual([
      ['GET', '/v1/apps/:appid', 404],
      ['GET', 'none', 404],
      ['GET', '/docs/static', 200],
    ])
  })
})

describe('the server', () => {
  it('lets a request take hours, but not its headers, and finds peers that are gone', async () => {
    const { app } = await createTestApi()
    expect(app.server).toMatchObject({
      requestTimeout: 12 * 3_600_000,
      headersTimeout: 60_000,
      // Of net.Server, as it hands them to each socket.
      ...{ keepAlive: true, keepAliveInitialDelay: 60 },
    })
  })
})

describe('without API keys', () => {
  it.each([
    ['another Host', { host: 'sunpress.example:8080' }],
    ['an address of the network', { host: '192.168.1.5' }],
    ['a host that begins like the loopback', { host: '127.0.0.1.example' }],
    ['Forwarded', { forwarded: 'for=1.2.3.4' }],
    ['X-Forwarded-For', { 'x-forwarded-for': '1.2.3.4' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'localhost' }],
    ['Via', { via: '1.1 nginx' }],
    ['X-Real-IP', { 'x-real-ip': '1.2.3.4' }],
    ['a page of another Origin', { origin: 'https://evil.example' }],
  ])('refuses %s, on every path', async (_what, headers) => {
    const { app } = await createTestApi()
    for (const url of ['/v1/apps', '/v1/openapi.json', '/nothing']) {
      const answer = await app.inject({ url, headers })
      expect(answer.json()).toMatchObject({ status: 403, code: 'not_local' })
    }
  })

  it.each(['localhost', 'localhost:8080', '127.0.0.1:1', '[::1]:8080', 'LOCALHOST'])(
    'answers %s',
    async (host) => {
      const { ask } = await createTestApi()
      expect((await ask({ url: '/v1/apps', headers: { host } })).statusCode).toBe(200)
    },
  )
})

describe('with API keys', () => {
  const entry = (id: string, scopes: ('read' | 'write')[]) => ({
    id,
    sha256: sha256(`key of ${id}`.replaceAll(' ', '-')),
    scopes,
  })
  const keys = createApiKeys([entry('reader', ['read']), entry('writer', ['read', 'write'])])
  const as = (id: string) => ({ authorization: `Bearer key-of-${id}`, host: 'sunpress.example' })
  const payload = { app: APP_ID, look: { page: 'p' }, scenes: ['s'] }
  const post = { method: 'POST', url: '/v1/campaigns', payload } as const

  it('wants one that it knows', async () => {
    const { ask } = await createTestApi(() => ({ keys }))
    const none = await ask({ url: '/v1/apps' })
    expect(none.statusCode).toBe(401)
    expect(none.headers['www-authenticate']).toBe('Bearer realm="sunpress"')
    const wrong = await ask({ url: '/v1/apps', headers: { authorization: 'Bearer nope' } })
    expect(wrong.headers['www-authenticate']).toContain('invalid_token')
    expect((await ask({ url: '/v1/apps', headers: as('reader') })).statusCode).toBe(200)
  })

  it('wants the scope for the method', async () => {
    const { ask } = await createTestApi(() => ({ keys }))
    expect((await ask({ ...post, headers: as('reader') })).json()).toMatchObject({
      status: 403,
      code: 'scope',
    })
    expect((await ask({ ...post, headers: as('writer') })).statusCode).toBe(202)
  })

  it('keeps the Idempotency-Keys of its keys apart', async () => {
    const other = createApiKeys([entry('writer', ['write']), entry('second', ['write'])])
    const { ask } = await createTestApi(() => ({ keys: other }))
    const first = await ask({ ...post, headers: { ...as('writer'), 'idempotency-key': 'k' } })
    const second = await ask({ ...post, headers: { ...as('second'), 'idempotency-key': 'k' } })
    expect(second.json().id).not.toBe(first.json().id)
  })

  it('lets everybody read the description', async () => {
    const { app } = await createTestApi(() => ({ keys }))
    expect((await app.inject('/v1/openapi.json')).statusCode).toBe(200)
    expect((await app.inject('/docs/')).statusCode).toBe(200)
    expect((await app.inject('/v1/campaigns')).statusCode).toBe(401)
  })
})

describe('GET /v1/apps', () => {
  it('tells quotas, holds and whether there is a token, and no secret', async () => {
    const { ask } = await createTestApi(() => ({
      tokenStateOf: async () => 'cached' as const,
      readHolds: async (app: AppId) => [
        {
          target: { scope: 'lane' as const, app, lane: 'limited' as const },
          reason: 'day_quota' as const,
          untilMs: 0,
          message: 'no more today',
        },
      ],
    }))
    const answer = await ask({ url: `/v1/apps/${APP_ID}` })
    expect(answer.json()).toMatchObject({
      appid: APP_ID,
      quotas: { unlimited: { perMinute: { used: null, limit: 4_900 } } },
      holds: [
        {
          ...{ scope: 'lane', lane: 'limited', page: null, campaign: null },
          ...{ reason: 'day_quota', message: 'no more today', until: '1970-01-01T00:00:00.000Z' },
        },
      ],
      token: { state: 'cached' },
    })
    expect(answer.body).not.toContain('not to be seen')
  })

  it('says that a token which WeChat refuses is held, cached or not', async () => {
    const { ask } = await createTestApi(() => ({
      tokenStateOf: async () => 'cached' as const,
      readHolds: async (app: AppId) => [
        { target: { scope: 'app' as const, app }, reason: 'token' as const, untilMs: 0, message: null },
      ],
    }))
    expect((await ask({ url: `/v1/apps/${APP_ID}` })).json().token).toEqual({ state: 'held' })
  })

  it('gives pages, and says when holds are not known', async () => {
    const apps = [APP, { ...APP, appid: 'wxffffffffffffffff' as AppId }]
    const away = () => Promise.reject(new WaitFault('redis_unavailable', 'away', 1))
    const { ask } = await createTestApi(() => ({ apps: closedAppBook(apps), readHolds: away }))
    const first = (await ask({ url: '/v1/apps?limit=1' })).json()
    expect(first).toMatchObject({ items: [{ appid: APP_ID, holds: null }], nextCursor: APP_ID })
    const second = (await ask({ url: `/v1/apps?limit=1&cursor=${first.nextCursor}` })).json()
    expect(second).toMatchObject({ items: [{ appid: 'wxffffffffffffffff' }], nextCursor: null })
  })
})

describe('GET /v1/openapi.json', () => {
  it('describes every route that there is, as OpenAPI 3.1', async () => {
    const { app } = await createTestApi()
    const document = (await app.inject('/v1/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths).sort()).toEqual([
      '/v1/apps',
      '/v1/apps/{appid}',
      '/v1/apps/{appid}/clear-quota',
      '/v1/apps/{appid}/resume',
      '/v1/campaigns',
      '/v1/campaigns/{id}',
      '/v1/campaigns/{id}/bad-rows',
      '/v1/campaigns/{id}/canary',
      '/v1/campaigns/{id}/cancel',
      '/v1/campaigns/{id}/failures',
      '/v1/campaigns/{id}/manifest',
      '/v1/campaigns/{id}/pause',
      '/v1/campaigns/{id}/priority',
      '/v1/campaigns/{id}/resume',
      '/v1/campaigns/{id}/retry-failed',
      '/v1/codes',
      '/v1/codes/{codeId}',
      '/v1/codes/{codeId}/image',
      '/v1/schedules',
      '/v1/schedules/{name}',
      '/v1/schedules/{name}/pause',
      '/v1/schedules/{name}/resume',
      '/v1/schedules/{name}/run',
      '/v1/schedules/{name}/runs',
    ])
    expect(Object.keys(document.components.schemas)).toContain('Campaign')
    const body = document.paths['/v1/campaigns'].post.requestBody.content
    expect(Object.keys(body)).toEqual(['application/json', 'text/csv', 'application/x-ndjson'])
  })
})

describe('the page under /docs', () => {
  interface Parameter {
    in: string
    name: string
    schema: object
  }

  it('sends no parameter that nobody filled in', async () => {
    const { app } = await createTestApi()
    const { paths } = (await app.inject('/docs/json')).json()
    const operations = Object.values(paths).flatMap((path) => Object.values(path as object))
    const parameters: Parameter[] = operations.flatMap(({ parameters = [] }) => parameters)
    expect(parameters.map(({ name }) => name)).toContain('badRows')
    for (const { name, schema } of parameters) {
      expect(Object.keys(schema), name).not.toContain('default')
      expect(Object.keys(schema).join(), name).not.toContain('example')
    }
    const { parameters: some } = paths['/v1/campaigns'].post
    expect(some.filter((each: Parameter) => each.in === 'query').at(-1).name).toBe('dryRun')
  })

  it('has an example that makes a campaign as it stands', async () => {
    const apps = [{ ...APP, appid: 'wxffffffffffffffff' as AppId }]
    const api = await createTestApi(() => ({ apps: closedAppBook(apps) }))
    const { components } = (await api.app.inject('/docs/json')).json()
    const [payload] = components.schemas.CampaignRequest.examples
    expect(payload.app).toBe('wxffffffffffffffff')
    expect((await api.ask({ method: 'POST', url: '/v1/campaigns', payload })).statusCode).toBe(202)
    expect((await api.app.inject('/v1/openapi.json')).body).not.toContain('wxffffffffffffffff')
  })

  it('tells nobody without a key which apps there are', async () => {
    const apps = [{ ...APP, appid: 'wxffffffffffffffff' as AppId }]
    const { app } = await createTestApi(() => ({ apps: closedAppBook(apps), keys: createApiKeys([]) }))
    expect((await app.inject('/docs/json')).body).not.toContain('wxffffffffffffffff')
  })

  it('is ours by name, and takes scripts from here alone', async () => {
    const { app } = await createTestApi()
    const { body, headers } = await app.inject('/docs/')
    expect(body).toContain('<title>Sunpress API</title>')
    expect(headers['content-security-policy']).toContain("script-src 'self';")
    expect((await app.inject('/docs/static/theme/favicon.svg')).statusCode).toBe(200)
  })
})
