import { type AppId, type Clock, type CodeCall, DEFAULT_LOOK, Secret } from '@sunpress/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Cloud, CloudCall } from './cloud.js'
import { createCloudCallApi } from './cloud-call-api.js'

const JPEG = Buffer.from('ffd8ffe000104a464946000101ffd9', 'hex')
const APP = 'wx0123456789abcdef' as AppId
const token = { value: new Secret(''), sentAs: 'none' } as const
const always = { dueMs: 0, notAfterMs: Infinity }
const call: CodeCall = {
  app: APP,
  endpoint: 'getwxacodeunlimit',
  scene: 's=1',
  look: { ...DEFAULT_LOOK, page: 'pages/a' },
}

let asked: string[]
let called: string[]
let say: CloudCall
/** Ends the sleep of the time-out. */
let passTime: () => void
let nowMs: number

beforeEach(() => {
  asked = []
  called = []
  nowMs = 1_000
  say = async () => ({ buffer: JPEG, errCode: 0, errMsg: 'ok' })
})

const clock: Clock = {
  now: () => 0,
  monotonic: () => nowMs,
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) => {
      passTime = resolve
      signal?.addEventListener('abort', () => reject(signal.reason))
    }),
}

function api(shared = false) {
  const named =
    (name: string): CloudCall =>
    (params) => {
      asked.push(`${name} ${JSON.stringify(params)}`)
      return say(params)
    }
  const of = (whose: string) => ({
    getUnlimited: named(`${whose}getUnlimited`),
    get: named(`${whose}get`),
    createQRCode: named(`${whose}createQRCode`),
  })
  const openapi = ({ appid }: { appid: string }) => ({ wxacode: of(`${appid} `) })
  const cloud: Cloud = { openapi: Object.assign(openapi, { wxacode: of('') }) }
  const observer = { called: (...told: string[]) => called.push(told.join(' ')), numUsed: () => {} }
  return createCloudCallApi({ cloud, clock, observer, random: () => 0, isShared: () => shared })
}

const request = (signal = new AbortController().signal, permit = always) =>
  api().request(call, token, permit, signal)

describe('a call', () => {
  it('gives the bytes, and is counted', async () => {
    expect(await request()).toEqual(JPEG)
    expect(asked).toEqual([expect.stringContaining('getUnlimited {"scene":"s=1","page":"pages/a"')])
    expect(called).toEqual([`${APP} getwxacodeunlimit 0`])
  })

  it.each([
    ['getwxacode', 'get'],
    ['createwxaqrcode', 'createQRCode'],
  ] as const)('of %s goes to %s', async (endpoint, name) => {
    const { signal } = new AbortController()
    await api().request({ ...call, endpoint, scene: 'pages/a' }, token, always, signal)
    expect(asked).toEqual([expect.stringMatching(`^${name} {"path":"pages/a"`)])
  })

  it('names the account whose resources are shared', async () => {
    await api(true).request(call, token, always, new AbortController().signal)
    expect(asked).toEqual([expect.stringMatching(`^${APP} getUnlimited `)])
  })
})

describe('a call that fails', () => {
  it('throws the fault of its errCode, and is counted under it', async () => {
    say = async () => {
      throw { errCode: 40129, errMsg: 'openapi.wxacode.getUnlimited:fail invalid scene' }
    }
    await expect(request()).rejects.toMatchObject({ kind: 'refuse', code: 'invalid_scene' })
    expect(called).toEqual([`${APP} getwxacodeunlimit 40129`])
  })

  it('is not begun when its permit has run out', async () => {
    const late = request(new AbortController().signal, { dueMs: 0, notAfterMs: 999 })
    await expect(late).rejects.toMatchObject({ kind: 'wait', code: 'permit_expired' })
    expect([asked, called]).toEqual([[], []])
  })

  it('is given up after its time, and what it answers then is nobody’s', async () => {
    let fail: (reason: unknown) => void = () => {}
    say = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    const waiting = request()
    await Promise.resolve()
    passTime()
    await expect(waiting).rejects.toMatchObject({ kind: 'retry', code: 'upstream_timeout' })
    expect(called).toEqual([`${APP} getwxacodeunlimit timeout`])
    fail({ errCode: -1 })
  })

  it('is no fault of ours when the caller aborts, but is counted', async () => {
    say = () => new Promise(() => {})
    const abort = new AbortController()
    const waiting = request(abort.signal)
    const reason = new Error('draining')
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(called).toEqual([`${APP} getwxacodeunlimit aborted`])
    await expect(request(abort.signal)).rejects.toBe(reason)
    expect(asked).toHaveLength(1)
  })

  it('of an SDK that throws at once is a fault as well', async () => {
    say = () => {
      throw new TypeError('openapi is not enabled')
    }
    await expect(request()).rejects.toMatchObject({ kind: 'retry', code: 'upstream_-1' })
  })
})
