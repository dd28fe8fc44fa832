/** The producer's API, as the commands use it. One request a call: asking again is the caller's decision. */
import { Readable } from 'node:stream'
import { type Environment, readClientConfig } from '@sunpress/runtime'
import type { CampaignRequest } from '../campaign-request.js'
import { ApiFault, UnreachableFault } from './api-fault.js'
import type { Campaign, Code, Page, Problem } from './shapes.js'

export type CampaignCommand = 'pause' | 'resume' | 'cancel'

/** Everything rejects with ApiFault for an answer that says no, with UnreachableFault for none. */
export interface Api {
  createCampaign(request: CampaignRequest, body: Readable | null, idempotencyKey?: string): Promise<Campaign>
  listCampaigns(page: { limit: number; cursor?: string }): Promise<Page<Campaign>>
  campaign(id: string, signal?: AbortSignal): Promise<Campaign>
  command(id: string, command: CampaignCommand): Promise<Campaign>
  manifest(id: string, limit: number): Promise<Page<Code>>
  code(id: string): Promise<Code>
  image(id: string): Promise<Buffer>
}

/** Throws ConfigFault for an address or key that makes no sense. */
export function apiFromEnvironment(env: Environment): Api {
  const { apiUrl, apiKey } = readClientConfig(env)
  return createApi(apiUrl, apiKey?.reveal() ?? null)
}

export function createApi(baseUrl: string, apiKey: string | null): Api {
  const ask = createAsk(baseUrl, apiKey)
  const json = async <T>(path: string, init?: RequestInit) => (await ask(path, init)).json() as Promise<T>
  return {
    createCampaign: (request, body, key) =>
      json(`/campaigns${queryOf(request.query)}`, {
        method: 'POST',
        headers: {
          'content-type': request.contentType,
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...bodyOf(request, body),
      }),
    listCampaigns: ({ limit, cursor }) =>
      json(`/campaigns${queryOf({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) })}`),
    campaign: (id, signal) => json(`/campaigns/${segment(id)}`, signal === undefined ? {} : { signal }),
    command: (id, command) => json(`/campaigns/${segment(id)}/${command}`, { method: 'POST' }),
    manifest: (id, limit) => json(`/campaigns/${segment(id)}/manifest?limit=${limit}`),
    code: (id) => json(`/codes/${segment(id)}`),
    image: async (id) => Buffer.from(await (await ask(`/codes/${segment(id)}/image`)).arrayBuffer()),
  }
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>

function createAsk(baseUrl: string, apiKey: string | null): Ask {
  return async (path, init = {}) => {
    const headers = new Headers(init.headers)
    if (apiKey !== null) headers.set('authorization', `Bearer ${apiKey}`)
    const response = await fetch(`${baseUrl}/v1${path}`, { ...init, headers }).catch((error: unknown) => {
      throw init.signal?.aborted === true ? error : new UnreachableFault(baseUrl, error)
    })
    if (response.ok) return response
    throw new ApiFault(response.status, await readProblem(response))
  }
}

async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '')
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null ? problem : {}
  } catch {
    return {}
  }
}

/** A stream goes out as it is read; `duplex` is what fetch wants for that. */
function bodyOf(request: CampaignRequest, body: Readable | null): RequestInit {
  if (body === null) return { body: JSON.stringify(request.body) }
  return { body: Readable.toWeb(body) as ReadableStream<Uint8Array>, duplex: 'half' } as RequestInit
}

const segment = encodeURIComponent

function queryOf(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? '' : `?${text}`
}
