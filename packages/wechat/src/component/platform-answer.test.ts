import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { classifyPlatformAnswer } from './platform-answer.js'

const moment = { nowMs: Date.parse('2026-03-01T12:00:00Z'), random: 0 }
const REFRESH = new Secret('short-token')
/** Of the call's query. */
const TOKEN = new Secret('comp+tok/en')
const classify = (body: unknown, status = 200) =>
  classifyPlatformAnswer(
    {
      status,
      headers: {},
      bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    [REFRESH, TOKEN],
    moment,
  )

describe('classifyPlatformAnswer', () => {
  it('gives the JSON of an answer without errcode, or with 0', () => {
    expect(classify({ component_access_token: 'a' })).toMatchObject({ kind: 'json' })
    expect(classify({ errcode: 0, list: [] })).toEqual({ kind: 'json', json: { errcode: 0, list: [] } })
  })

  it.each([
    [40001, 60_000],
    [40125, 60_000],
    [42002, 600_000],
    [61003, 600_000],
    [61005, 60_000],
    [61007, 600_000],
    [61010, 60_000],
    [61023, 600_000],
    [61004, 60_000],
    [99999, 60_000],
  ])('holds the app for %i', (errcode, forMs) => {
    const answer = classify({ errcode, errmsg: 'no' })
    expect(answer).toMatchObject({
      kind: 'fault',
      errcode: String(errcode),
      fault: {
        kind: 'hold',
        code: `token_${errcode}`,
        scope: 'app',
        reason: 'token',
        forMs,
        words: { errcode },
      },
    })
  })

  it('holds until the quota is back', () => {
    expect(classify({ errcode: 45011, errmsg: 'slower' })).toMatchObject({
      fault: { kind: 'hold', forMs: 61_000 },
    })
    const day = classify({ errcode: 45009, errmsg: 'daily' })
    expect(day.kind === 'fault' && day.fault.kind === 'hold' && day.fault.forMs).toBeGreaterThan(600_000)
  })

  it.each([
    ['-1', { errcode: -1, errmsg: 'busy' }, 200],
    ['http_502', '<html>', 502],
    ['not_json', '<html>', 200],
    ['not_json', '', 200],
  ])('waits for %s', (errcode, body, status) => {
    expect(classify(body, status)).toMatchObject({ kind: 'fault', errcode, fault: { kind: 'wait' } })
  })

  it('repeats no secret, whether we sent it or not', () => {
    const errmsg = 'short-token comp%2Btok%2Fen refreshtoken@@@ab ticket@@@cd 1.2.3.4'
    const answer = classify({ errcode: 61023, errmsg })
    const told = answer.kind === 'fault' ? String(answer.fault) : ''
    expect(told).toContain('[secret] [secret] [secret] [secret] 1.2.3.4')
  })
})
