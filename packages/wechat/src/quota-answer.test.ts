import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { judgeQuotaAnswer, readQuotaReading } from './quota-answer.js'

const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0.5 }
const token = new Secret('tok-1')
const judge = (body: unknown, status = 200) => {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return judgeQuotaAnswer({ status, headers: {}, bytes }, moment, token, readQuotaReading)
}

describe('a quota', () => {
  it('is read whole', () => {
    const judged = judge({
      errcode: 0,
      errmsg: 'ok',
      quota: { daily_limit: 10_000, used: 7, remain: 9_993 },
      rate_limit: { call_count: 5_000, refresh_second: 60 },
      component_rate_limit: { call_count: 1_000, refresh_second: 60 },
    })
    expect(judged).toEqual({
      kind: 'answer',
      errcode: '0',
      answer: {
        daily: { limit: 10_000, used: 7, remain: 9_993 },
        rate: { calls: 5_000, perSeconds: 60 },
        platformRate: { calls: 1_000, perSeconds: 60 },
      },
    })
  })

  it('may be told in part', () => {
    const judged = judge({ errcode: 0, quota: { daily_limit: 0, used: 0, remain: 0 }, rate_limit: {} })
    expect(judged).toMatchObject({
      answer: { daily: { limit: 0, used: 0, remain: 0 }, rate: null, platformRate: null },
    })
  })

  it.each([[{ errcode: 0, errmsg: 'ok' }], [{ errcode: 0, quota: { daily_limit: '5' } }]])(
    'is none where no number is: %j',
    (body) => {
      const fault = { kind: 'wait', code: 'quota_unavailable' }
      expect(judge(body)).toMatchObject({ kind: 'fault', errcode: 'not_a_quota', fault })
    },
  )
})

describe('a refusal', () => {
  it.each([
    [44993, 'next_day'],
    [48006, 'next_month'],
    [76021, 'next_time'],
    [76022, 'next_time'],
  ])('%d leaves the question for another time, and printing alone', (errcode, until) => {
    const answer = { kind: 'left', until, words: { errcode } }
    expect(judge({ errcode, errmsg: 'x' })).toMatchObject({
      kind: 'answer',
      errcode: String(errcode),
      answer,
    })
  })

  it.each([
    [40001, 'renew'],
    [42001, 'renew'],
    [-1, 'retry'],
    [40013, 'hold'],
    [48001, 'hold'],
    [99999, 'retry'],
  ])('%d is a fault: %s', (errcode, kind) => {
    expect(judge({ errcode, errmsg: 'x' })).toMatchObject({ kind: 'fault', fault: { kind } })
  })

  it('bears no token', () => {
    const judged = judge({ errcode: 40001, errmsg: 'bad tok-1' })
    expect(JSON.stringify([judged, judged.kind === 'fault' && judged.fault.message])).not.toContain('tok-1')
  })

  it.each([
    ['an error page', '<html>', 200, 'not_json'],
    ['HTTP 503', '', 503, 'http_503'],
  ])('that is none of WeChat’s is a wait: %s', (_, body, status, errcode) => {
    expect(judge(body, status)).toMatchObject({
      kind: 'fault',
      errcode,
      fault: { kind: 'wait', afterMs: 3_500 },
    })
  })
})
