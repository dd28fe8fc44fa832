import { describe, expect, it } from 'vitest'
import { classifyCloudrunAnswer } from './cloudrun-answer.js'

const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0 }
const JPEG = Buffer.from('ffd8ffe000104a464946000101', 'hex')
const proxied = { 'x-openapi-seqid': 'abc' }
const classify = (body: object | Buffer, headers: Record<string, string> = proxied, status = 200) => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  return classifyCloudrunAnswer({ status, headers, bytes }, moment)
}

it('takes a picture that came through the sidecar', () => {
  expect(classify(JPEG)).toMatchObject({ kind: 'picture', errcode: '0' })
})

it('takes none that did not: it may be of another app', () => {
  const fault = { kind: 'hold', scope: 'app', reason: 'app_held', code: 'cloudrun_no_sidecar' }
  expect(classify(JPEG, {})).toMatchObject({ kind: 'fault', errcode: 'no_sidecar', fault })
  expect(classify({ errcode: 41001, errmsg: 'access_token missing' }, {})).toMatchObject({ fault })
})

it('says of HTTP 502 that the path is not on the list, unless WeChat itself answered so', () => {
  const fault = {
    kind: 'hold',
    code: 'cloudrun_not_listed',
    message: expect.stringContaining('list in the console'),
  }
  expect(classify(Buffer.from('bad gateway'), {}, 502)).toMatchObject({ fault })
  expect(classify(Buffer.from('bad gateway'), proxied, 502)).toMatchObject({ fault: { kind: 'retry' } })
})

describe('the sidecar’s own errcodes hold the app, and say what to see to', () => {
  it.each([
    [85105, 'app_held', 'authorised'],
    [85107, 'app_held', 'list'],
    [85112, 'app_held', 'secret'],
    [85113, 'token', 'not ready'],
  ])('%d', (errcode, reason, words) => {
    const fault = { kind: 'hold', scope: 'app', reason, message: expect.stringContaining(words) }
    expect(classify({ errcode, errmsg: 'x' })).toMatchObject({ errcode: String(errcode), fault })
  })
})
