/** The producer's API as a caller sees it: requests and the answers that came, and what is asked again and again. */

export const PAGE = 'pages/index/index'

export interface Counts {
  readonly total: number
  readonly published: number
  readonly reused: number
  readonly refused: number
  readonly cancelled: number
  readonly pending: number
  readonly skipped: number
}

export interface Campaign {
  readonly id: string
  readonly app: string
  readonly name: string
  readonly state: string
  readonly waitingReason: string | null
  readonly waitingUntil: string | null
  readonly counts: Counts
  readonly finishedAt: string | null
  readonly ignoredColumns?: readonly string[]
}

export interface Row {
  readonly id: string
  readonly index: number
  readonly n: number
  readonly scene: string
  readonly page: string
  readonly ref?: string | null
  readonly caption?: string
  readonly codeId: string
  readonly key: string
  readonly url: string
  readonly bytes: number
  readonly sha256: string
  readonly contentType: string
  readonly width: number
  readonly reused: boolean
  readonly reason?: string
  readonly errcode?: number | null
  readonly attempts?: number
}

/** RFC 9457, with the fields that every problem of ours has. */
export interface ProblemBody {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errorCount?: number
  readonly errors?: readonly {
    readonly field: string
    readonly rule: string
    readonly line?: number
    readonly pointer?: string
    readonly message: string
  }[]
}

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
  readonly text: string
}

export interface Api {
  readonly url: string
  ask<T>(path: string, init?: RequestInit): Promise<Answer<T>>
  /** JSON; `page` is in the look unless it says otherwise. */
  post<T = Campaign>(app: string, fields: object, headers?: Record<string, string>): Promise<Answer<T>>
  /** A streamed body. */
  stream<T = Campaign>(
    app: string,
    body: string | Uint8Array,
    options?: { type?: string; query?: string; headers?: Record<string, string> },
  ): Promise<Answer<T>>
  campaign(id: string): Promise<Campaign>
  command(id: string, command: 'pause' | 'resume' | 'cancel'): Promise<Answer<Campaign>>
  /** All rows, page by page. */
  rows(id: string, kind?: 'manifest' | 'failures'): Promise<Row[]>
  /** Resolves with the first standing that fits. */
  until(id: string, fits: (campaign: Campaign) => boolean): Promise<Campaign>
  completed(id: string): Promise<Campaign>
}

export interface ApiOptions {
  readonly key?: string
  /** Given every answer. */
  readonly seen?: (answer: Answer<unknown>) => void
}

export function createApi(url: string, { key, seen = () => undefined }: ApiOptions = {}): Api {
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<Answer<T>> => {
    const headers = new Headers(init.headers)
    if (key !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`)
    const answer = await fetch(`${url}${path}`, { ...init, headers })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') === true
    const read = {
      status: answer.status,
      headers: answer.headers,
      body: (isJson ? JSON.parse(text) : null) as T,
      text,
    }
    seen(read)
    return read
  }
  const campaign = async (id: string): Promise<Campaign> => (await ask<Campaign>(`/v1/campaigns/${id}`)).body
  const until = async (id: string, fits: (campaign: Campaign) => boolean): Promise<Campaign> => {
    for (;;) {
      const found = await campaign(id)
      if (fits(found)) return found
      await tick(50)
    }
  }
  return {
    url,
    ask,
    campaign,
    until,
    post: (app, fields, headers = {}) =>
      ask('/v1/campaigns', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ app, look: { page: PAGE }, ...fields }),
      }),
    stream: (app, body, { type = 'text/csv', query = '', headers = {} } = {}) =>
      ask(`/v1/campaigns?app=${app}&page=${PAGE}${query}`, {
        method: 'POST',
        headers: { 'content-type': type, ...headers },
        body,
      }),
    command: (id, command) => ask(`/v1/campaigns/${id}/${command}`, { method: 'POST' }),
    async rows(id, kind = 'manifest') {
      const rows: Row[] = []
      for (let cursor = ''; ; ) {
        const { body } = await ask<{ items: Row[]; nextCursor: string | null }>(
          `/v1/campaigns/${id}/${kind}?limit=100${cursor}`,
        )
        rows.push(...body.items)
        if (body.nextCursor === null) return rows
        cursor = `&cursor=${body.nextCursor}`
      }
    },
    completed: (id) => until(id, ({ state }) => state === 'completed'),
  }
}

/** Between two questions to somebody who can't call us back. */
export const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until there is an answer other than null. */
export async function untilThere<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await ask()
    if (found !== null) return found
    await tick(50)
  }
}
