import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import type { AnswerParts } from './classify-answer.js'
import { classifyServiceAnswer, isServiceRefusal, valueAt } from './service-answer.js'

const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0.5 }
const usual = { tokenPath: 'access_token', expiresPath: 'expires_in' }
const SENT = [new Secret('Bearer s3cr3t.Tok9/x')]
const answer = (body: unknown, status = 200): AnswerParts => ({
  status,
  headers: {},
  bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const classify = (body: unknown, paths: typeof usual | { tokenPath: string; expiresPath: null } = usual) =>
  classifyServiceAnswer(paths, answer(body), SENT, moment)

describe('a token of a service', () => {
  it('is found by its paths', () => {
    const deep = { data: { wechat: { token: '92_abc', left: '345' } } }
    const token = classify(deep, { tokenPath: 'data.wechat.token', expiresPath: 'data.wechat.left' })
    expect(token).toMatchObject({ kind: 'token', lifetimeMs: 345_000, errcode: '0' })
    expect(token.kind === 'token' && token.value.reveal()).toBe('92_abc')
    expect(JSON.stringify(token)).not.toContain('92_abc')
  })

  it('whose end nobody tells is asked for again every five minutes', () => {
    const token = classify({ access_token: '92_abc' }, { tokenPath: 'access_token', expiresPath: null })
    expect(token).toMatchObject({ kind: 'token', lifetimeMs: 7_200_000, renewAfterMs: 300_000 })
  })

  it.each([{}, { expires_in: 0 }, { expires_in: -1 }, { expires_in: 'soon' }, { expires_in: null }])(
    'is none without its end where one is told: %j',
    (rest) => {
      const { kind, errcode } = classify({ access_token: '92_abc', ...rest })
      expect([kind, errcode]).toEqual(['fault', 'not_a_token'])
    },
  )

  it('is not looked for in what every object has', () => {
    expect(valueAt({}, 'constructor.name')).toBeUndefined()
    expect(valueAt({ a: 'text' }, 'a.length.x')).toBeUndefined()
    expect(valueAt({ a: { b: 1 } }, 'a.b')).toBe(1)
  })
})

describe('no token of a service', () => {
  it.each([301, 400, 401, 403, 404])('HTTP %d holds the app until somebody has looked', (status) => {
    const fault = { kind: 'hold', scope: 'app', reason: 'token', code: `token_service_http_${status}` }
    expect(classifyServiceAnswer(usual, answer('', status), SENT, moment)).toMatchObject({ fault })
  })

  it.each([408, 429, 500, 503, 204])('HTTP %d is a wait', (status) => {
    const expected = { kind: 'wait', code: 'token_unavailable', afterMs: 3_500 }
    expect(classifyServiceAnswer(usual, answer('', status), SENT, moment)).toMatchObject({ fault: expected })
  })

  it('names the path that led nowhere, and nothing of the answer', () => {
    const held = classify({ token: 'hunter22' })
    expect(held).toMatchObject({ fault: { kind: 'hold', code: 'token_service_not_a_token' } })
    expect(held.kind === 'fault' && held.fault.message).toContain('access_token')
    expect(JSON.stringify(held.kind === 'fault' && held.fault.message)).not.toContain('hunter22')
  })

  it('says nothing of what the service says in words, only the addresses', () => {
    const classified = classify({ errcode: 40164, errmsg: 'key s3cr3t.Tok9/x is told off by 1.2.3.4, ::1' })
    const fault = classified.kind === 'fault' ? classified.fault : expect.fail('a token')
    expect(fault).toMatchObject({ words: { errcode: 40164, errmsg: '1.2.3.4 ::1', rid: null } })
    expect(fault.message).toContain('1.2.3.4')
    expect(`${fault.message} ${JSON.stringify(fault)}`).not.toMatch(/s3cr3t|told off/)
  })

  it.each(['abc\ud800def', 'a\nb', 'a\0', 'a b', 'x'.repeat(2_049), '票'])(
    'may be a text that can be none: %j',
    (text) => {
      const held = classify({ access_token: text, expires_in: 7_200 })
      expect(held).toMatchObject({ fault: { kind: 'hold', code: 'token_service_not_a_token' } })
    },
  )

  it('is of our own credential when the service wants another key', () => {
    const faultAt = (status: number) => {
      const classified = classifyServiceAnswer(usual, answer('', status), SENT, moment)
      return classified.kind === 'fault' ? classified.fault : expect.fail('a token')
    }
    expect([401, 403, 404, 500].map((status) => isServiceRefusal(faultAt(status)))).toEqual([
      ...[true, true, false, false],
    ])
  })

  it('passes on what WeChat told the service', () => {
    const body = { errcode: 40164, errmsg: 'invalid ip 1.2.3.4, not in whitelist' }
    expect(classify(body)).toMatchObject({ errcode: '40164', fault: { kind: 'hold', code: 'token_40164' } })
  })
})
