/** What callers send wrong: a status and a problem that names the place, and no campaign. What is right beside it goes on. */
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Campaign, PAGE, type ProblemBody, untilThere } from './api.js'
import { checkRows } from './check-rows.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { type FullDisk, printOnFullDisk } from './print-on-full-disk.js'
import type { Service } from './service.js'

const [FIRST, SECOND, THIRD, FOURTH] = [appid(0), appid(1), appid(2), appid(3)] as const
const scenesOf = (prefix: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${prefix}=${n}`)

describe('bad input', () => {
  let works: Installation
  let worker: Service
  /** Waits for its disk while all the rest goes on. */
  let onFullDisk: Promise<FullDisk>
  beforeAll(async () => {
    onFullDisk = printOnFullDisk(30)
    onFullDisk.catch(() => undefined)
    works = await startInstallation({
      redis: { appendonly: true, args: ['--appendfsync', 'always'] },
      env: { LOG_LEVEL: 'debug' },
    })
  })
  afterAll(async () => {
    await works?.stop()
    await onFullDisk.catch(() => undefined)
  })

  type Found = NonNullable<ProblemBody['errors']>[number]
  const problemOf = ({ status, headers, body }: Answer<ProblemBody>) => {
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({ status, detail: expect.any(String) })
    return { status, code: body.code, first: (body.errors?.[0] ?? {}) as Partial<Found> }
  }
  const json = (fields: object) => works.api.post<ProblemBody>(FIRST, fields)
  const csv = (body: string | Uint8Array, query = '') => works.api.stream<ProblemBody>(FIRST, body, { query })
  const raw = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    works.api.ask<ProblemBody>('/v1/campaigns', { method: 'POST', headers, body })

  it.each([
    ['33 characters', 'x'.repeat(33), 'length'],
    ['%', '100%', 'alphabet'],
    ['中', '中', 'alphabet'],
    ['NUL', 'a\0b', 'alphabet'],
    ['nothing', '', 'required'],
  ])('refuses a scene of %s, as JSON and as CSV', async (_, scene, rule) => {
    const inJson = problemOf(await json({ scenes: ['s=1', { scene }] }))
    expect(inJson).toMatchObject({
      status: 422,
      code: 'invalid',
      first: { rule, pointer: '/scenes/1/scene' },
    })
    // An empty record is none: it wants another field.
    const inCsv = problemOf(await csv(`scene,ref\ns=1,a\n${scene},b\n`))
    expect(inCsv).toMatchObject({ status: 422, first: { rule, field: 'scene', line: 3 } })
    expect(inCsv.first.message).toContain('expected')
  })

  it.each([
    ['/pages/index/index', 'leading_slash'],
    ['pages/index/index?a=1', 'query'],
  ])('refuses the page %s, of the look and of a row', async (page, rule) => {
    const ofLook = problemOf(await json({ scenes: ['s=1'], look: { page } }))
    expect(ofLook).toMatchObject({ status: 422, first: { rule, pointer: '/look/page' } })
    const ofRow = problemOf(await json({ scenes: [{ scene: 's=1', page }] }))
    expect(ofRow).toMatchObject({ status: 422, first: { rule, pointer: '/scenes/0/page' } })
  })

  it.each<[string, string | Uint8Array, Partial<Found>]>([
    ['without a column scene', 'name\ns=1\n', { rule: 'missing_column', line: 1 }],
    ['with a column twice', 'scene,scene\ns=1,s=2\n', { rule: 'duplicate_column', line: 1 }],
    ['of nothing', '', { rule: 'missing_column', line: 1 }],
    ['with a line of 1 MB', `scene\ns=1\n${'x'.repeat(1 << 20)}\ns=2\n`, { rule: 'too_long', line: 3 }],
    ['with invalid UTF-8', Buffer.from('scene\ns=1\n\xc3\x28\n', 'latin1'), { rule: 'utf8', line: 3 }],
    ['with more fields than columns', 'scene,ref\ns=1,a,b\n', { rule: 'too_many_fields', line: 2 }],
    ['with text behind a quote', 'scene\n"s=1"x\n', { rule: 'quote', line: 2 }],
    ['that ends inside of quotes', 'scene\n"s=1\n', { line: 2 }],
  ])('refuses a CSV %s, and names the line', async (_, body, first) => {
    expect(problemOf(await csv(body))).toMatchObject({ status: 422, code: 'invalid', first })
  })

  it.each<[string, string, number, string]>([
    ['that nests too deep', `{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, 400, 'json_too_deep'],
    ['that is none', '{"app":', 400, 'malformed_json'],
    ['that is a list', '[]', 422, 'invalid'],
  ])('refuses JSON %s', async (_, body, status, code) => {
    expect(problemOf(await raw(body))).toMatchObject({ status, code })
  })

  it('refuses more than 10 MB of JSON before it is sent, and names the stream', async () => {
    const answer = await exchange(
      'POST /v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 11000000\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413/)
    expect(answer).toContain('text/csv or application/x-ndjson')
  })

  it('names every field that is wrong, all at once', async () => {
    const { body, status } = await json({
      priority: 11,
      colour: 'red',
      look: { page: PAGE, width: 100, size: 3 },
      scenes: ['s=1'],
    })
    expect(status).toBe(422)
    expect(body.errors?.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/colour',
      '/look/size',
      '/look/width',
      '/priority',
    ])
  })

  it('refuses an app that it does not know, and a body of another type', async () => {
    const unknown = await works.api.post<ProblemBody>('wxffffffffffffffff', { scenes: ['s=1'] })
    expect(problemOf(unknown)).toMatchObject({ status: 422, first: { rule: 'unknown_app', pointer: '/app' } })
    expect(problemOf(await raw('<a/>', { 'content-type': 'text/xml' }))).toMatchObject({ status: 415 })
  })

  it.each([
    ['Forwarded', 'for=1.2.3.4'],
    ['X-Forwarded-For', '1.2.3.4'],
    ['Origin', 'https://evil.example'],
    ['Host', 'evil.example'],
  ])('answers 403 to a header %s as long as there are no keys', async (name, value) => {
    const answer = await exchange(
      `POST /v1/campaigns HTTP/1.1\r\n${name === 'Host' ? '' : 'Host: 127.0.0.1\r\n'}${name}: ${value}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 403/)
    expect(answer).toContain('"code":"not_local"')
  })

  it('makes no campaign of a body that is cut off, announced or chunked', async () => {
    const head = `POST /v1/campaigns?app=${FIRST}&page=${PAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n`
    const rows = `scene\n${scenesOf('cut', 20_000).join('\n')}\n`
    await exchange(`${head}Content-Length: ${rows.length + 1}\r\n\r\n${rows}`, { cut: true })
    await exchange(`${head}Transfer-Encoding: chunked\r\n\r\n${rows.length.toString(16)}\r\n${rows}\r\n`, {
      cut: true,
    })
  })

  it('leaves nothing of all that behind', async () => {
    const { body } = await works.api.ask<{ items: Campaign[] }>('/v1/campaigns')
    expect(body.items).toEqual([])
    const files = await untilThere(async () => {
      const left = (await filesUnder(works.storeFolder)).filter((name) => !name.startsWith('looks/'))
      return left.length === 0 ? left : null
    })
    expect(files).toEqual([])
  })

  it('prints the rest of a CSV whose bad rows are to be skipped, and duplicates as reused', async () => {
    const body = `scene,ref\ns=1,A\n100%,B\ns=1,C\n中,D\n${'x'.repeat(100_000)}\ns=2,E\n`
    const { body: made } = await works.api.stream(FIRST, body, { query: '&badRows=skip' })
    worker = await works.startWorker()
    const { counts } = await works.api.completed(made.id)
    expect(counts).toMatchObject({ total: 3, published: 3, reused: 1, refused: 0, skipped: 3 })
    const rows = await works.api.rows(made.id)
    expect(rows.map(({ ref }) => ref).toSorted()).toEqual(['A', 'C', 'E'])
    expect(await checkRows(rows, works.api.url)).toEqual([])
  })

  describe('and bad times', () => {
    const withRedis = async <T>(ask: (redis: Redis) => Promise<T>): Promise<T> => {
      const redis = new Redis(works.redisUrl)
      try {
        return await ask(redis)
      } finally {
        redis.disconnect()
      }
    }
    /** WeChat is busy whenever it is asked for this scene: for half a minute its campaign can't end, however late we come. */
    const keepBack = (scene: string) => works.admin.order([{ kind: '-1', match: { scene } }])
    async function expectWhole(id: string, scenes: number): Promise<void> {
      await works.admin.order([])
      const { counts } = await works.api.completed(id)
      expect(counts).toMatchObject({ total: scenes, published: scenes, refused: 0, pending: 0 })
      const rows = await works.api.rows(id)
      expect(new Set(rows.map(({ index }) => index)).size).toBe(scenes)
      expect(await checkRows(rows, works.api.url)).toEqual([])
    }

    it('goes on with a campaign when Redis dies under it, and loses no campaign that comes meanwhile', async () => {
      await keepBack('r=199')
      const { body: under } = await works.api.post(SECOND, { scenes: scenesOf('r', 200) })
      await works.api.until(under.id, ({ counts }) => counts.published >= 20)
      await works.redis.kill()
      const meanwhile = await works.api.post(SECOND, { scenes: scenesOf('m', 10) })
      expect(meanwhile.status).toBe(202)
      expect(await works.api.campaign(under.id)).toMatchObject({
        state: 'running',
        waitingReason: 'rebuilding',
      })
      await works.redis.restart()
      await expectWhole(under.id, 200)
      await expectWhole(meanwhile.body.id, 10)
    })

    it('goes on when a Redis that was full has room again', async () => {
      await keepBack('f=199')
      const { body: under } = await works.api.post(THIRD, { scenes: scenesOf('f', 200) })
      await works.api.until(under.id, ({ counts }) => counts.published >= 20)
      await withRedis((redis) => redis.config('SET', 'maxmemory', '1'))
      await worker.wrote(/Redis did not answer as expected: OOM/)
      await withRedis((redis) => redis.config('SET', 'maxmemory', '0'))
      await expectWhole(under.id, 200)
    })

    it('leaves a job of a newer release to a worker that knows it', async () => {
      // No worker has its job before it is of the newer release.
      process.kill(worker.pid, 'SIGSTOP')
      const { body: made } = await works.api.post(FOURTH, { scenes: scenesOf('n', 300) })
      const key = `sunpress:{${FOURTH}}:unlimited:${made.id}.299`
      await withRedis(async (redis) => {
        const data = await untilThere(() => redis.hget(key, 'data'))
        await redis.hset(key, 'data', data.replace('"v":1', '"v":2'))
      })
      process.kill(worker.pid, 'SIGCONT')
      const { counts } = await works.api.until(made.id, ({ counts: { published } }) => published === 299)
      expect(counts.pending).toBe(1)
      await withRedis(async (redis) => {
        await untilThere(() => redis.zscore(`sunpress:{${FOURTH}}:unlimited:delayed`, `${made.id}.299`))
        const { atm = '0', data = '' } = await redis.hgetall(key)
        expect([atm, JSON.parse(data).v]).toEqual(['0', 2])
        // The newer worker's turn: a job is a hint, and one that is gone is sent again.
        await redis.zrem(`sunpress:{${FOURTH}}:unlimited:delayed`, `${made.id}.299`)
        await redis.del(key)
      })
      await expectWhole(made.id, 300)
    })

    it('puts the pictures in hand again on a disk that is full for a moment, and calls for none twice', async () => {
      const { rows, refused, calls, fullForMs } = (await onFullDisk).short
      expect(refused).toBe(0)
      expect(rows).toHaveLength(30)
      expect(calls.size).toBe(30)
      // The last of four tries comes after 5 s at the earliest: whoever makes room later finds pictures given up.
      expect(Math.max(...calls.values())).toBeLessThanOrEqual(fullForMs < 5_000 ? 1 : 2)
    })

    it('waits for storage on a full disk, at no attempt, and goes on when there is room', async () => {
      const { short, long, sizes, output } = await onFullDisk
      expect(long.counts).toMatchObject({ published: 0, pending: 30 })
      expect(output).toContain('"code":"store_full"')
      expect(long.refused).toBe(0)
      expect(long.rows).toHaveLength(30)
      // Called for again are at most those in hand, that were given up in the end.
      expect(Math.max(...long.calls.values())).toBeLessThanOrEqual(2)
      // Not one file more: no picture without a row, and no temp file.
      const rows = [...short.rows, ...long.rows]
      expect(sizes).toEqual(new Map(rows.map(({ key, bytes }) => [key, bytes])))
    })
  })

  /** Sends bytes and gives all that comes back; `cut` hangs up when they have been sent. */
  async function exchange(text: string, { cut = false } = {}): Promise<string> {
    const { hostname, port } = new URL(works.api.url)
    const socket = connect(Number(port), hostname)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    let answer = ''
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      answer += String(data)
    })
    await new Promise((resolve) => socket.write(text, resolve))
    if (cut) socket.destroy()
    await closed
    return answer
  }
})

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
