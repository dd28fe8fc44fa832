import { ERRCODE_TABLE } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { classifyAnswer } from '../classify-answer.js'
import { classifyGiven, classifyThrown } from './cloud-answer.js'

const moment = { nowMs: Date.UTC(2026, 0, 1, 8, 30, 12), random: 0.5 }
const JPEG = Buffer.from('ffd8ffe000104a464946000101', 'hex')
const RID = '61725984-6126f6f9-040f19c4'
const ok = { errCode: 0, errMsg: 'openapi.wxacode.getUnlimited:ok', contentType: 'image/jpeg' }

describe('a picture', () => {
  it.each([
    ['a Buffer', JPEG],
    ['bytes of another kind', new Uint8Array(JPEG)],
    ['an ArrayBuffer', new Uint8Array(JPEG).buffer],
    ['base64', JPEG.toString('base64')],
    ['what a Buffer is as JSON', JSON.parse(JSON.stringify(JPEG))],
  ])('comes as %s', (_, buffer) => {
    const classified = classifyGiven({ ...ok, buffer }, moment)
    expect(classified).toMatchObject({ kind: 'picture', errcode: '0' })
    expect(classified.kind === 'picture' && Buffer.from(classified.bytes)).toEqual(JPEG)
  })

  it('is told by its bytes: JSON under a type of pictures is a fault', () => {
    const buffer = Buffer.from(JSON.stringify({ errcode: 41030, errmsg: `invalid page rid: ${RID}` }))
    const fault = { kind: 'refuse', code: 'invalid_page', words: { rid: RID } }
    expect(classifyGiven({ ...ok, buffer }, moment)).toMatchObject({ errcode: '41030', fault })
  })

  it.each([
    ['an empty one', { ...ok, buffer: Buffer.alloc(0) }, 'upstream_empty'],
    ['none', ok, 'upstream_no_picture'],
    ['nothing at all', undefined, 'upstream_no_picture'],
    ['text', { ...ok, buffer: Buffer.from('<html>') }, 'upstream_not_a_picture'],
    ['too much', { ...ok, buffer: Buffer.alloc(4 * 1024 * 1024 + 1) }, 'upstream_too_large'],
  ])('that is %s is tried again', (_, given, code) => {
    expect(classifyGiven(given, moment)).toMatchObject({ kind: 'fault', fault: { kind: 'retry', code } })
  })
})

describe('an errCode', () => {
  const thrown = (errCode: number | string) =>
    Object.assign(new Error('x'), {
      errCode,
      errMsg: `openapi.wxacode.getUnlimited:fail said rid: ${RID}`,
    })

  it.each(ERRCODE_TABLE.filter(({ places }) => places.includes('code')).map(({ errcode }) => errcode))(
    '%i means what it means over HTTP',
    (errcode) => {
      const bytes = Buffer.from(JSON.stringify({ errcode, errmsg: `said rid: ${RID}` }))
      const overHttp = classifyAnswer({ status: 200, headers: {}, bytes }, moment)
      expect(classifyThrown(thrown(errcode), moment)).toEqual(overHttp)
      expect(classifyThrown(thrown(String(errcode)), moment)).toEqual(overHttp)
      const { errCode, errMsg } = thrown(errcode)
      expect(classifyGiven({ errCode, errMsg }, moment)).toEqual(overHttp)
    },
  )

  it('-604101 holds the app for ten minutes and says what to declare', () => {
    const message = expect.stringContaining('declare wxacode in its config.json')
    const fault = { kind: 'hold', scope: 'app', reason: 'app_held', forMs: 600_000, message }
    expect(classifyThrown(thrown(-604101), moment)).toMatchObject({ errcode: '-604101', fault })
  })

  it.each([
    [-604102, { kind: 'retry', words: { rid: RID } }],
    [-501003, { kind: 'wait', afterMs: 3_000 }],
    [-604104, { kind: 'hold', scope: 'app', forMs: 60_000 }],
  ])('%i of the cloud itself never reached WeChat', (errcode, fault) => {
    expect(classifyThrown(thrown(errcode), moment)).toMatchObject({ errcode: String(errcode), fault })
  })

  it.each([[new Error('socket hang up')], ['socket hang up'], [{ message: 'socket hang up' }]])(
    'that is missing is -1',
    (reason) => {
      const message = expect.stringContaining('socket hang up')
      const fault = { kind: 'retry', code: 'upstream_-1', message }
      expect(classifyThrown(reason, moment)).toMatchObject({ errcode: '-1', fault })
    },
  )

  it('shows no secret that its words may hold', () => {
    const secret = 'a'.repeat(40)
    const classified = classifyThrown({ errCode: 40001, errMsg: `access_token=${secret}` }, moment)
    expect(JSON.stringify(classified)).not.toContain(secret)
  })
})
