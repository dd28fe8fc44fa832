/** The API as functions. Shapes are in types.ts; everything that is refused is thrown as ProblemError. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Call, type ClientOptions, createHttp, type Http } from './http.js'
import { UnreachableError } from './problem-error.js'
import { type ScheduleClient, schedulesOver } from './schedules.js'
import type {
  App,
  BadRow,
  Campaign,
  CampaignFields,
  CampaignRequest,
  Canary,
  Clears,
  Code,
  CodeQuery,
  Failure,
  FoundCode,
  HoldFilter,
  Page,
  Plan,
  PublishedRow,
  RetryWish,
  RowPage,
} from './types.js'

export interface AskOptions {
  readonly signal?: AbortSignal
}

export interface CreateOptions extends AskOptions {
  /** The same request under the same key makes one campaign, however often it is sent. */
  readonly idempotencyKey?: string
}

export interface PageOptions extends AskOptions {
  readonly cursor?: string
  /** 100 by default, 1,000 at most. */
  readonly limit?: number
}

/** Rows that stream: CSV with a header row, or NDJSON. */
export interface RowStream {
  readonly type: 'text/csv' | 'application/x-ndjson'
  readonly body: Readable | AsyncIterable<Uint8Array | string> | Uint8Array | string
}

export interface Picture {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly sha256: string
}

export interface Client extends ScheduleClient {
  createCampaign(request: CampaignRequest, options?: CreateOptions): Promise<Campaign>
  /** What the same request would come to: nothing is made. */
  planCampaign(request: CampaignRequest, options?: AskOptions): Promise<Plan>
  planStream(fields: CampaignFields, rows: RowStream, options?: AskOptions): Promise<Plan>
  /** A body that throws makes no campaign. */
  streamCampaign(fields: CampaignFields, rows: RowStream, options?: CreateOptions): Promise<Campaign>
  getCampaign(id: string, options?: AskOptions): Promise<Campaign>
  /** Newest first. */
  listCampaigns(options?: PageOptions): Promise<Page<Campaign>>
  controlCampaign(id: string, command: 'pause' | 'resume' | 'cancel', options?: AskOptions): Promise<Campaign>
  /** Prints refused rows again: all of them, or those of these errcodes or reasons. A completed campaign is open again. */
  retryFailed(id: string, wish?: RetryWish, options?: AskOptions): Promise<Campaign>
  /** 1 to 9, 9 goes first. */
  prioritizeCampaign(id: string, priority: number, options?: AskOptions): Promise<Campaign>
  /** What was printed first, beside the epoch before: for whoever is to approve the rest. */
  getCanary(id: string, options?: AskOptions): Promise<Canary>
  manifestPage(id: string, options?: PageOptions): Promise<RowPage<PublishedRow>>
  failuresPage(id: string, options?: PageOptions): Promise<RowPage<Failure>>
  /** Published rows from the cursor on, to the last that there is now. Rows may come twice, under the same id. */
  manifest(id: string, options?: PageOptions): AsyncGenerator<PublishedRow>
  failures(id: string, options?: PageOptions): AsyncGenerator<Failure>
  /** All published rows in one answer, as the producer writes them. A body that breaks off throws: the list is not whole. */
  manifestText(id: string, type: RowStream['type'], options?: AskOptions): Promise<AsyncIterable<Uint8Array>>
  badRowsPage(id: string, options?: PageOptions): Promise<Page<BadRow>>
  /** Rows that `badRows: 'skip'` left out, in the order of the source. */
  badRows(id: string, options?: PageOptions): AsyncGenerator<BadRow>
  /** The codes of a scene in all looks, the newest first. */
  findCodes(query: CodeQuery, options?: AskOptions): Promise<Page<FoundCode>>
  getCode(codeId: string, options?: AskOptions): Promise<Code>
  /** Whole and as its checksum says, or an error. */
  getPicture(codeId: string, options?: AskOptions): Promise<Picture>
  listApps(options?: PageOptions): Promise<Page<App>>
  getApp(appid: string, options?: AskOptions): Promise<App>
  /** Ends the holds of an app, or those that the filter names. */
  resumeApp(appid: string, filter?: HoldFilter, options?: AskOptions): Promise<App>
  /** How often its quotas may still be cleared this month. */
  getClears(appid: string, options?: AskOptions): Promise<Clears>
  clearQuota(appid: string, options?: AskOptions): Promise<Clears>
}

export function createClient(options: ClientOptions): Client {
  const http = createHttp(options)
  const get = <T>(path: string, { signal, ...query }: PageOptions = {}): Promise<T> =>
    http.json<T>({ method: 'GET', path, query, signal })
  const app = (appid: string): string => `/apps/${encodeURIComponent(appid)}`
  const campaign = (id: string): string => `/campaigns/${encodeURIComponent(id)}`

  const client: Client = {
    ...schedulesOver(http),
    createCampaign: (request, given = {}) =>
      create(http, given, { body: JSON.stringify(request), type: 'application/json' }),
    streamCampaign: (fields, { type, body }, given = {}) =>
      create(http, given, { body: toBody(body), type, query: toQuery(fields) }),
    planCampaign: (request, given = {}) =>
      create(http, given, { body: JSON.stringify(request), type: 'application/json', query: DRY_RUN }),
    planStream: (fields, { type, body }, given = {}) =>
      create(http, given, { body: toBody(body), type, query: { ...toQuery(fields), ...DRY_RUN } }),
    getCampaign: (id, given) => get(campaign(id), given),
    listCampaigns: (given) => get('/campaigns', given),
    controlCampaign: (id, command, { signal } = {}) =>
      http.json({ method: 'POST', path: `${campaign(id)}/${command}`, signal }),
    retryFailed: (id, { errcodes = [], reasons = [] } = {}, { signal } = {}) =>
      http.json({
        ...{ method: 'POST', path: `${campaign(id)}/retry-failed`, signal },
        query: {
          ...(errcodes.length === 0 ? {} : { errcode: errcodes.join(',') }),
          ...(reasons.length === 0 ? {} : { reason: reasons.join(',') }),
        },
      }),
    prioritizeCampaign: (id, priority, { signal } = {}) =>
      http.json({ method: 'POST', path: `${campaign(id)}/priority`, query: { priority }, signal }),
    getCanary: (id, given) => get(`${campaign(id)}/canary`, given),
    manifestPage: (id, given) => get(`${campaign(id)}/manifest`, given),
    failuresPage: (id, given) => get(`${campaign(id)}/failures`, given),
    manifest: (id, given) => walk((at) => client.manifestPage(id, at), given),
    manifestText: async (id, type, { signal } = {}) => {
      const path = `${campaign(id)}/manifest`
      const { body } = await http.ask({ method: 'GET', path, headers: { accept: type }, signal })
      return wholeBody(path, body, signal)
    },
    failures: (id, given) => walk((at) => client.failuresPage(id, at), given),
    badRowsPage: (id, given) => get(`${campaign(id)}/bad-rows`, given),
    badRows: (id, given) => walk((at) => client.badRowsPage(id, at), given),
    findCodes: (query, { signal } = {}) =>
      http.json({ method: 'GET', path: '/codes', query: { ...query }, signal }),
    getCode: (codeId, given) => get(`/codes/${encodeURIComponent(codeId)}`, given),
    getPicture: (codeId, given) => getPicture(http, codeId, given),
    listApps: (given) => get('/apps', given),
    getApp: (appid, given) => get(app(appid), given),
    resumeApp: (appid, filter = {}, { signal } = {}) =>
      http.json({ method: 'POST', path: `${app(appid)}/resume`, query: { ...filter }, signal }),
    getClears: (appid, given) => get(`${app(appid)}/clear-quota`, given),
    clearQuota: (appid, { signal } = {}) =>
      http.json({ method: 'POST', path: `${app(appid)}/clear-quota`, signal }),
  }
  return client
}

interface CampaignBody {
  readonly type: string
  readonly body: string | Uint8Array | Readable
  readonly query?: Call['query']
}

const DRY_RUN = { dryRun: 'true' }

function create<T>(
  http: Http,
  { idempotencyKey, signal }: CreateOptions,
  { type, body, query = {} }: CampaignBody,
): Promise<T> {
  const key = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  const headers = { 'content-type': type, ...key }
  return http.json({ method: 'POST', path: '/campaigns', query, headers, body, signal })
}

const toBody = (body: RowStream['body']): string | Uint8Array | Readable =>
  typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable
    ? body
    : Readable.from(body, { objectMode: false })

function toQuery({ look = {}, ...fields }: CampaignFields): NonNullable<Call['query']> {
  const { lineColor, ...others } = look
  const line = lineColor === undefined ? {} : { lineColor: `${lineColor.r},${lineColor.g},${lineColor.b}` }
  return { ...fields, ...others, ...line }
}

async function* walk<T>(
  read: (at: PageOptions) => Promise<Page<T>>,
  options: PageOptions = {},
): AsyncGenerator<T> {
  let cursor: string | null | undefined = options.cursor
  do {
    const page: Page<T> = await read({ ...options, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

async function* wholeBody(
  path: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    signal?.throwIfAborted()
    throw new UnreachableError(path, cause)
  }
}

async function getPicture(http: Http, codeId: string, { signal }: AskOptions = {}): Promise<Picture> {
  const path = `/codes/${encodeURIComponent(codeId)}/image`
  const { headers, body } = await http.ask({ method: 'GET', path, headers: { accept: 'image/*' }, signal })
  const bytes = new Uint8Array(await body.arrayBuffer())
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (headers['etag'] !== `"${sha256}"`) {
    throw new UnreachableError(path, new Error('the bytes are not those of their checksum'))
  }
  return { bytes, contentType: String(headers['content-type']), sha256 }
}
