import { type AnyFault, actionFor, knownErrcodes, Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { type AnswerParts, type Classified, classifyAnswer } from './classify-answer.js'

/** 12 s into a minute. */
const NOW_MS = Date.UTC(2026, 0, 1, 8, 30, 12)
const moment = { nowMs: NOW_MS, random: 0 }

const answer = (body: string | Buffer, more: Partial<AnswerParts> = {}): AnswerParts => ({
  status: 200,
  headers: {},
  bytes: Buffer.from(body as string),
  ...more,
})

const wechatError = (errcode: number, errmsg = 'x'): AnswerParts =>
  answer(JSON.stringify({ errcode, errmsg }))

function faultOf(classified: Classified): AnyFault {
  if (classified.kind !== 'fault') throw new Error('expected a fault, got a picture')
  return classified.fault
}

const JPEG = Buffer.from('ffd8ffe000104a464946000101', 'hex')
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

describe('pictures', () => {
  it.each([
    ['JPEG', JPEG, 'image/jpeg'],
    ['PNG under image/jpeg', PNG, 'image/jpeg'],
    ['JPEG under application/json', JPEG, 'application/json; encoding=utf-8'],
    ['PNG without a type', PNG, undefined],
  ])('are told by their bytes: %s', (_, bytes, type) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    expect(classifyAnswer(answer(bytes, { headers }), moment)).toEqual({
      kind: 'picture',
      bytes,
      errcode: '0',
    })
  })

  it('are not told by the Content-Type', () => {
    const headers = { 'content-type': 'image/jpeg' }
    const fault = faultOf(classifyAnswer({ ...wechatError(40129), headers }, moment))
    expect(fault).toMatchObject({ kind: 'refuse', code: 'invalid_scene' })
  })
})

describe('errcodes', () => {
  it.each(knownErrcodes())('%d does what its policy says', (errcode) => {
    const classified = classifyAnswer(wechatError(errcode), moment)
    const fault = faultOf(classified)
    const action = actionFor(errcode)
    expect(fault.kind).toBe(action.act)
    expect(classified.errcode).toBe(String(errcode))
    expect(fault).toMatchObject({ words: { errcode, errmsg: 'x', rid: null } })
    expect(fault.code).toBe(action.act === 'refuse' ? action.reason : `upstream_${errcode}`)
  })

  it.each([
    [40001, { kind: 'renew', code: 'upstream_40001' }],
    [-1, { kind: 'retry', code: 'upstream_-1' }],
    [41030, { kind: 'refuse', code: 'invalid_page' }],
    [48001, { kind: 'hold', scope: 'app', reason: 'app_held', forMs: 60_000 }],
    [48004, { kind: 'hold', scope: 'app', reason: 'app_held', forMs: 86_400_000 }],
    [40164, { kind: 'hold', scope: 'app', reason: 'token', forMs: 60_000 }],
    [45009, { kind: 'hold', scope: 'lane', reason: 'minute_quota', forMs: 49_000 }],
    [45011, { kind: 'hold', scope: 'lane', reason: 'minute_quota', forMs: 49_000 }],
    [99999, { kind: 'retry', code: 'upstream_99999', attempts: 3 }],
  ])('%d for instance', (errcode, expected) => {
    expect(faultOf(classifyAnswer(wechatError(errcode), moment))).toMatchObject(expected)
  })

  it('bring no word of the token that was sent, however short it is', () => {
    const echoed = wechatError(40129, 'invalid scene for tok-1 rid: 663b1af7-14a514a1-181eb968')
    const fault = faultOf(classifyAnswer(echoed, moment, new Secret('tok-1')))
    expect(JSON.stringify([fault, fault.message])).not.toContain('tok-1')
    expect(fault).toMatchObject({ words: { rid: '663b1af7-14a514a1-181eb968' } })
  })

  it('bring no word of any secret of the app, as the AppSecret that got the token', () => {
    const echoed = wechatError(40125, 'invalid s3cr/et+ of tok-1')
    const fault = faultOf(classifyAnswer(echoed, moment, [new Secret('tok-1'), new Secret('s3cr/et+')]))
    expect(fault.message).toBe('the AppSecret is wrong. WeChat answered 40125: invalid [secret] of [secret]')
  })

  it('that stop something say what to see to, and then what WeChat said', () => {
    const fault = faultOf(classifyAnswer(wechatError(40164, 'invalid ip 1.2.3.4, not in whitelist'), moment))
    expect(fault.message).toBe(
      "add our address to the app's IP whitelist. WeChat answered 40164: invalid ip 1.2.3.4, not in whitelist",
    )
  })

  it('may be strings', () => {
    const fault = faultOf(classifyAnswer(answer('{"errcode":"40129"}'), moment))
    expect(fault).toMatchObject({ code: 'invalid_scene', words: { errcode: 40129, errmsg: '' } })
  })

  it('are found behind white space and a byte order mark', () => {
    const body = `\ufeff\r\n {"errcode":-1,"errmsg":"system error"}`
    expect(faultOf(classifyAnswer(answer(body), moment))).toMatchObject({ code: 'upstream_-1' })
  })
})

describe('captured answers', () => {
  it('40164 of 2023', () => {
    const body =
      '{"errcode":40164,"errmsg":"invalid ip 101.226.140.206 ipv6 ::ffff:101.226.140.206, not in whitelist rid: 64e5d2d0-18b1978d-6abec211"}'
    expect(body).toHaveLength(133)
    expect(faultOf(classifyAnswer(answer(body), moment))).toMatchObject({
      kind: 'hold',
      words: { errcode: 40164, rid: '64e5d2d0-18b1978d-6abec211' },
    })
  })

  it('40129 of 2024', () => {
    const body = '{"errcode":40129,"errmsg":"invalid scene rid: 663b1af7-14a514a1-181eb968"}'
    expect(body).toHaveLength(74)
    expect(faultOf(classifyAnswer(answer(body), moment))).toMatchObject({
      kind: 'refuse',
      message: 'WeChat answered 40129: invalid scene rid: 663b1af7-14a514a1-181eb968',
      words: { rid: '663b1af7-14a514a1-181eb968' },
    })
  })

  it('the long 40001, whose text also comes with 45009: the number decides', () => {
    const errmsg =
      'reach max api daily quota limit, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: 663b1af7-14a514a1-181eb968'
    expect(faultOf(classifyAnswer(wechatError(40001, errmsg), moment)).kind).toBe('renew')
    const held = faultOf(classifyAnswer(wechatError(45009, errmsg), moment))
    expect(held).toMatchObject({ kind: 'hold', words: { errmsg } })
  })

  it('a hint of before 2020', () => {
    const fault = faultOf(classifyAnswer(wechatError(40001, 'invalid credential hints: [ab12cd!]'), moment))
    expect(fault).toMatchObject({ words: { rid: 'ab12cd!' } })
  })
})

describe('what is neither', () => {
  it.each([
    ['an empty body', answer(''), 'upstream_empty', 'empty'],
    ['an error page', answer('<html>'), 'upstream_not_a_picture', 'not_a_picture'],
    ['broken JSON', answer('{"errcode":'), 'upstream_not_a_picture', 'not_a_picture'],
    ['JSON without errcode', answer('{"buffer":"x"}'), 'upstream_not_a_picture', 'not_a_picture'],
    [
      'the first bytes of a magic number',
      answer(PNG.subarray(0, 7)),
      'upstream_not_a_picture',
      'not_a_picture',
    ],
    ['ok without a picture', wechatError(0, 'ok'), 'upstream_no_picture', 'no_picture'],
    ['HTTP 503', answer('busy', { status: 503 }), 'upstream_http_503', 'http_503'],
    ['HTTP 502 with a picture', answer(JPEG, { status: 502 }), 'upstream_http_502', 'http_502'],
    ['HTTP 403', answer('', { status: 403 }), 'upstream_http_403', 'http_403'],
  ])('%s costs an attempt', (_, parts, code, errcode) => {
    const classified = classifyAnswer(parts, moment)
    expect(classified).toMatchObject({ errcode, fault: { kind: 'retry', code } })
  })

  it.each([301, 302, 401, 404, 407])('HTTP %d holds the app: no scene is to blame', (status) => {
    const fault = faultOf(classifyAnswer(answer('', { status }), moment))
    expect(fault).toMatchObject({ kind: 'hold', scope: 'app', reason: 'app_held', forMs: 60_000 })
  })
})

describe('the minute', () => {
  const heldMs = (date: string | undefined, random = 0) => {
    const headers = date === undefined ? {} : { date }
    const fault = faultOf(classifyAnswer({ ...wechatError(45009), headers }, { nowMs: NOW_MS, random }))
    return fault.kind === 'hold' ? fault.forMs : null
  }

  it('ends by the clock of the server, 1 to 3 s late', () => {
    expect(heldMs('Thu, 01 Jan 2026 08:30:50 GMT')).toBe(11_000)
    expect(heldMs('Thu, 01 Jan 2026 08:30:50 GMT', 0.999)).toBe(12_998)
  })

  it.each([undefined, 'yesterday', 'Thu, 01 Jan 2026 09:30:50 GMT'])(
    'ends by ours when Date is %s',
    (date) => {
      expect(heldMs(date)).toBe(49_000)
    },
  )
})

it('keeps long words short and anything like a token out of them', () => {
  const token = `92_${'aB3-'.repeat(40)}`
  const fault = faultOf(
    classifyAnswer(wechatError(40001, `bad access_token=short ${token} ${'y '.repeat(400)}`), moment),
  )
  const told = JSON.stringify([fault.message, 'words' in fault && fault.words])
  expect(told).not.toContain(token)
  expect(told).not.toContain('short')
  expect('words' in fault && fault.words?.errmsg.length).toBe(300)
})
