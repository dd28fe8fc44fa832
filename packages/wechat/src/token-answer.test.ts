import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import type { AnswerParts } from './classify-answer.js'
import { classifyTokenAnswer, isOfAddress, isOfCredential } from './token-answer.js'

const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0.5 }
const SENT = new Secret('short.app-secret')
const answer = (body: unknown, status = 200): AnswerParts => ({
  status,
  headers: {},
  bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const said = (errcode: number, errmsg = 'x') => classifyTokenAnswer(answer({ errcode, errmsg }), SENT, moment)

it('takes a token and the seconds that are left of it', () => {
  const token = classifyTokenAnswer(answer({ access_token: '92_abc', expires_in: 345 }), SENT, moment)
  expect(token).toMatchObject({ kind: 'token', lifetimeMs: 345_000, errcode: '0' })
  expect(token.kind === 'token' && token.value.reveal()).toBe('92_abc')
  expect(JSON.stringify(token)).not.toContain('92_abc')
})

describe('a wait of 2 to 5 seconds, for what passes by itself', () => {
  it.each([
    ['system error', answer({ errcode: -1, errmsg: 'system error' }), '-1'],
    ['HTTP 502', answer('<html>', 502), 'http_502'],
    ['an error page', answer('<html>'), 'not_a_token'],
    ['nothing', answer(''), 'not_a_token'],
    ['a token without lifetime', answer({ access_token: 'x' }), 'not_a_token'],
    ['an empty token', answer({ access_token: '', expires_in: 7200 }), 'not_a_token'],
    ['half a letter', answer({ access_token: 'abc\ud800def', expires_in: 7200 }), 'not_a_token'],
    ['two lines', answer({ access_token: 'abc\r\ndef', expires_in: 7200 }), 'not_a_token'],
    ['no text at all', answer({ access_token: 'abc\0', expires_in: 7200 }), 'not_a_token'],
    ['a novel', answer({ access_token: 'x'.repeat(2_049), expires_in: 7200 }), 'not_a_token'],
  ])('%s', (_, parts, errcode) => {
    const expected = { kind: 'wait', code: 'token_unavailable', afterMs: 3_500 }
    expect(classifyTokenAnswer(parts, SENT, moment)).toMatchObject({ errcode, fault: expected })
  })
})

describe('a hold of the app, for what somebody must see to', () => {
  it.each([
    [40001, 60_000],
    [40013, 60_000],
    [40125, 60_000],
    [40164, 60_000],
    [40243, 60_000],
    [77777, 60_000],
    // Until 00:05 in Shanghai: it is 16:30:12 there.
    [45009, 7 * 3_600_000 + 34 * 60_000 + 48_000],
    [45011, 50_000],
    [89503, 600_000],
    [89506, 86_400_000],
    [89507, 3_600_000],
  ])('%d', (errcode, forMs) => {
    const fault = { kind: 'hold', code: `token_${errcode}`, scope: 'app', reason: 'token', forMs }
    expect(said(errcode)).toMatchObject({ errcode: String(errcode), fault })
  })

  it('says what to do, and which address WeChat saw', () => {
    const errmsg = 'invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 64e5d2d0-18b1978d-6abec211'
    const { message } = faultOf(40164, errmsg)
    expect(message).toContain("add our address to the app's IP whitelist")
    expect(message).toContain('1.2.3.4')
  })

  it('never repeats an AppSecret that WeChat might echo', () => {
    const secret = '0123456789abcdef0123456789abcdef'
    expect(faultOf(40125, `invalid appsecret ${secret}`).message).not.toContain(secret)
  })
})

function faultOf(errcode: number, errmsg: string): Error {
  const classified = said(errcode, errmsg)
  if (classified.kind === 'token') throw new Error('expected a fault, got a token')
  return classified.fault
}

it.each([
  'invalid appsecret short.app-secret',
  'invalid appsecret SHORT.APP-SECRET',
  `invalid ${encodeURIComponent('short.app-secret')}`,
])('repeats no secret that was sent, however WeChat writes it: %s', (errmsg) => {
  const classified = said(40125, errmsg)
  const fault = classified.kind === 'fault' ? classified.fault : expect.fail('a token')
  expect(`${fault.message} ${JSON.stringify(fault)}`.toLowerCase()).not.toContain('short.app-secret')
  expect(fault.message).toContain('[secret]')
})

describe('a credential', () => {
  it.each([40001, 40013, 40125])('is what %d is about', (errcode) => {
    const classified = said(errcode)
    expect(classified.kind === 'fault' && isOfCredential(classified.fault)).toBe(true)
  })

  it.each([-1, 40164, 45009])('is not what %d is about', (errcode) => {
    const classified = said(errcode)
    expect(classified.kind === 'fault' && isOfCredential(classified.fault)).toBe(false)
  })
})

describe('an address', () => {
  it.each([40164, 45035, 61004, 89501, 89503, 89506, 89507])('is what %d is about', (errcode) => {
    const classified = said(errcode)
    expect(classified.kind === 'fault' && isOfAddress(classified.fault)).toBe(true)
  })

  it.each([-1, 40001, 40125, 45009, 45011])('is not what %d is about', (errcode) => {
    const classified = said(errcode)
    expect(classified.kind === 'fault' && isOfAddress(classified.fault)).toBe(false)
  })
})
