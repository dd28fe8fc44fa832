import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { type AppId, type CodeCall, DEFAULT_LOOK, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloudrunApi, createCodeApi } from './code-api.js'
import { realClock } from './testing/real-clock.js'
import { type ScriptedWechat, startScriptedWechat } from './testing/scripted-wechat.js'

const TOKEN = '92_Very+Secret/Token'
const JPEG = Buffer.from('ffd8ffe000104a464946000101ffd9', 'hex')
const UNLIMITED = '/wxa/getwxacodeunlimit'

const token = { value: new Secret(TOKEN) }
const always = { dueMs: 0, notAfterMs: Infinity }
const call: CodeCall = {
  app: 'wx0123456789abcdef' as AppId,
  endpoint: 'getwxacodeunlimit',
  scene: 's=1&t=2',
  look: { ...DEFAULT_LOOK, page: 'pages/index/index' },
}

let wechat: ScriptedWechat
let http: HttpClient
let called: string[]
let used: number[]
beforeEach(async () => {
  wechat = await startScriptedWechat()
  http = createHttpClient({ baseUrl: wechat.url, clock: realClock, random: () => 0, reserve: 0 })
  called = []
  used = []
})
afterEach(async () => {
  await http.destroy()
  await wechat.close()
})

const request = (more: Partial<CodeCall> = {}, permit = always, signal = new AbortController().signal) => {
  const observer = {
    called: (...told: string[]) => called.push(told.join(' ')),
    numUsed: (_app: string, codes: number) => used.push(codes),
  }
  const api = createCodeApi({ http, clock: realClock, observer, random: () => 0 })
  return api.request({ ...call, ...more }, token, permit, signal)
}

const faultOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const reason = await promise.then(
    () => 'no fault',
    (fault: unknown) => fault,
  )
  for (const secret of [TOKEN, encodeURIComponent(TOKEN)]) {
    expect(inspect(reason, { depth: 9, showHidden: true })).not.toContain(secret)
  }
  return reason
}

describe('a call', () => {
  it('posts JSON with the token in the query only, and gives the bytes', async () => {
    wechat.script(UNLIMITED, JPEG)
    expect(Buffer.from(await request())).toEqual(JPEG)
    const [asked] = wechat.asked
    expect(asked).toMatchObject({ method: 'POST', path: UNLIMITED })
    expect([...(asked?.query ?? [])]).toEqual([['access_token', TOKEN]])
    expect(asked?.body).toContain('"scene":"s=1&t=2","page":"pages/index/index"')
    expect(asked?.body).not.toContain(TOKEN)
    expect(called).toEqual(['wx0123456789abcdef getwxacodeunlimit 0'])
  })

  it.each([
    ['getwxacode', '/wxa/getwxacode'],
    ['createwxaqrcode', '/cgi-bin/wxaapp/createwxaqrcode'],
  ] as const)('goes to %s for its looks', async (endpoint, path) => {
    wechat.script(path, JPEG)
    await request({ endpoint, scene: 'pages/a?x=1' })
    expect(wechat.asked[0]?.body).toContain('"path":"pages/a?x=1"')
    expect(called).toEqual([`wx0123456789abcdef ${endpoint} 0`])
    expect(used).toEqual([])
  })

  it('tells how many codes WeChat has counted, when WeChat tells', async () => {
    wechat.script('/wxa/getwxacode', (response) => {
      response.setHeader('Num-Used', '99876')
      response.end(JPEG)
    })
    await request({ endpoint: 'getwxacode', scene: 'pages/a?x=1' })
    expect(used).toEqual([99_876])
  })
})

describe('faults', () => {
  it('follow the script: 40001 once, 45009, an empty body, then a picture', async () => {
    const [stale, full] = [40001, 45009].map((errcode) => ({ errcode, errmsg: 'x' }))
    wechat.script(UNLIMITED, stale ?? {}, full ?? {}, Buffer.alloc(0), JPEG)
    expect(await faultOf(request())).toMatchObject({ kind: 'renew' })
    expect(await faultOf(request())).toMatchObject({ kind: 'hold', scope: 'lane', reason: 'minute_quota' })
    expect(await faultOf(request())).toMatchObject({ kind: 'retry', code: 'upstream_empty' })
    await request()
    expect(called.map((line) => line.split(' ')[2])).toEqual(['40001', '45009', 'empty', '0'])
  })

  it('of the transport are counted when the call may have arrived', async () => {
    wechat.script(
      UNLIMITED,
      (response) => response.destroy(),
      (response) => response.writeHead(503).end(),
      (response) => response.writeHead(200, { 'content-length': 9 }).write('abc', () => response.destroy()),
    )
    expect(await faultOf(request())).toMatchObject({ kind: 'retry', code: 'upstream_reset' })
    expect(await faultOf(request())).toMatchObject({ kind: 'retry', code: 'upstream_http_503' })
    expect(await faultOf(request())).toMatchObject({ kind: 'retry' })
    expect(called.map((line) => line.split(' ')[2]).join()).toMatch(/^reset,http_503,(reset|truncated)$/)
  })

  it('are none when the permit had run out: nothing was written or counted', async () => {
    const fault = await faultOf(request({}, { dueMs: 0, notAfterMs: realClock.monotonic() - 1 }))
    expect(fault).toMatchObject({ kind: 'wait', code: 'permit_expired' })
    expect(wechat.asked).toHaveLength(0)
    expect(called).toEqual([])
  })

  it('are none of ours when the caller aborts, but the call is counted', async () => {
    wechat.script(UNLIMITED, () => {})
    const abort = new AbortController()
    const asked = request({}, always, abort.signal)
    await wechat.until(() => wechat.asked.length === 1)
    const reason = new Error('draining')
    abort.abort(reason)
    await expect(asked).rejects.toBe(reason)
    expect(called.map((line) => line.split(' ')[2])).toEqual(['aborted'])
  })
})

describe('a call through cloud hosting', () => {
  const proxied = (line: object | Buffer) => (response: ServerResponse) => {
    const bytes = Buffer.isBuffer(line) ? line : Buffer.from(JSON.stringify(line))
    response.writeHead(200, { 'x-openapi-seqid': 'q1', 'content-length': bytes.length }).end(bytes)
  }
  const throughSidecar = (shared: boolean) => {
    const credential = { kind: 'cloudrun', baseUrl: wechat.url, shared } as const
    const app = { appid: call.app, name: 'x', credential, quotas: DEFAULT_QUOTAS }
    const observer = { called: (...told: string[]) => called.push(told.join(' ')), numUsed: () => {} }
    const parts = { clock: realClock, observer, random: () => 0 }
    const sidecars = { at: (url: string) => ({ client: http, path: new URL(url).pathname }) }
    const api = createCloudrunApi({
      ...parts,
      apps: () => app,
      sidecars: { ...sidecars, close: async () => {}, destroy: async () => {} },
    })
    const none = { value: new Secret(''), sentAs: 'none' } as const
    return api.request(call, none, always, new AbortController().signal)
  }

  it('bears no token, and names the app where resources are shared', async () => {
    wechat.script(UNLIMITED, proxied(JPEG))
    expect(Buffer.from(await throughSidecar(false))).toEqual(JPEG)
    expect(Buffer.from(await throughSidecar(true))).toEqual(JPEG)
    expect(wechat.asked.map(({ query }) => [...query])).toEqual([[], [['from_appid', call.app]]])
    expect(called).toEqual([`${call.app} getwxacodeunlimit 0`, `${call.app} getwxacodeunlimit 0`])
  })

  it('takes no picture that did not come through the sidecar', async () => {
    wechat.script(UNLIMITED, JPEG)
    await expect(throughSidecar(false)).rejects.toMatchObject({ kind: 'hold', code: 'cloudrun_no_sidecar' })
    expect(called).toEqual([`${call.app} getwxacodeunlimit no_sidecar`])
  })

  it('says that the path is not on the list', async () => {
    wechat.script(UNLIMITED, proxied({ errcode: 85107, errmsg: 'x' }))
    await expect(throughSidecar(false)).rejects.toMatchObject({ kind: 'hold', reason: 'app_held' })
  })
})

it('sends the cloud’s own token under its own name', async () => {
  wechat.script(UNLIMITED, JPEG)
  const observer = { called: () => {}, numUsed: () => {} }
  const api = createCodeApi({ http, clock: realClock, observer, random: () => 0 })
  const cloud = { ...token, sentAs: 'cloudbase_access_token' } as const
  await api.request(call, cloud, always, new AbortController().signal)
  expect([...(wechat.asked[0]?.query ?? [])]).toEqual([['cloudbase_access_token', TOKEN]])
})
