import type { AppId } from '@sunpress/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { CampaignRequest } from '../schemas/campaign.js'
import { parseCampaignQuery, parseCampaignRequest } from './campaign-request.js'

const APP = 'wx0123456789abcdef' as AppId
const APPS = new Set([APP])
const GOOD = { app: APP, look: { page: 'p' }, scenes: ['s'] }

const fits = new Ajv2020({ strict: false }).compile(JSON.parse(JSON.stringify(CampaignRequest)) as object)

describe('parseCampaignRequest', () => {
  const variants: readonly [what: string, body: object, good: boolean][] = [
    ['the least request', GOOD, true],
    ['every field', { ...GOOD, name: 'n', priority: 9, badRows: 'skip' }, true],
    [
      'every field of a look',
      {
        ...GOOD,
        look: {
          endpoint: 'unlimited',
          page: 'p',
          checkPath: false,
          envVersion: 'trial',
          width: 280,
          autoColor: true,
          lineColor: { r: 0, g: 0, b: 255 },
          hyaline: true,
          epoch: 3,
          format: 'png',
        },
      },
      true,
    ],
    ['a range', { app: APP, look: { page: 'p' }, range: { template: '{n}', from: 0, to: 1 } }, true],
    ['an unknown field', { ...GOOD, extra: 1 }, false],
    [
      'a field of the prototype',
      JSON.parse(`{"app":"${APP}","scenes":["s"],"__proto__":{"a":1}}`) as object,
      false,
    ],
    ['a priority of 0', { ...GOOD, priority: 0 }, false],
    ['a priority of 10', { ...GOOD, priority: 10 }, false],
    ['a priority in a string', { ...GOOD, priority: '5' }, false],
    ['half a priority', { ...GOOD, priority: 5.5 }, false],
    ['an empty name', { ...GOOD, name: '' }, false],
    ['a name of 200 characters', { ...GOOD, name: '店'.repeat(200) }, true],
    ['a name of 201 characters', { ...GOOD, name: '店'.repeat(201) }, false],
    ['another badRows', { ...GOOD, badRows: 'keep' }, false],
    ['a narrow look', { ...GOOD, look: { width: 279 } }, false],
    ['a wide look', { ...GOOD, look: { width: 1281 } }, false],
    ['a colour without blue', { ...GOOD, look: { lineColor: { r: 0, g: 0 } } }, false],
    ['an unknown field in a look', { ...GOOD, look: { colour: 1 } }, false],
    ['no scene', { ...GOOD, scenes: [] }, false],
    ['a range backwards in type', { app: APP, range: { template: '{n}', from: '1', to: 2 } }, false],
  ]

  it.each(variants)('judges %s as its schema does', (_what, body, good) => {
    expect(fits(body)).toBe(good)
    expect(parseCampaignRequest(body, APPS).ok).toBe(good)
  })

  it('wants an app that is known', () => {
    const answer = parseCampaignRequest({ ...GOOD, app: 'wxffffffffffffffff' }, APPS)
    expect(answer).toMatchObject({ ok: false, defects: [{ field: 'app', rule: 'unknown_app' }] })
  })

  it('names the apps that are known, as long as they are few', () => {
    const message = (apps: readonly AppId[]): string => {
      const answer = parseCampaignRequest({ ...GOOD, app: 'wxffffffffffffffff' }, new Set(apps))
      return answer.ok ? '' : (answer.defects[0]?.message ?? '')
    }
    expect(message([APP, 'wx1' as AppId])).toBe(`app: expected one of ${APP}, wx1, got "wxffffffffffffffff"`)
    expect(message(Array.from({ length: 21 }, (_, n) => `wx${n}` as AppId))).not.toContain('wx1')
  })

  it.each([
    ['the request', (fields: object) => ({ ...GOOD, ...fields })],
    ['its look', (fields: object) => ({ ...GOOD, look: { page: 'p', ...fields } })],
    ['its range', (f: object) => ({ app: APP, range: { template: '{n}', from: 0, to: 1, ...f } })],
  ])('names no more than 20 of the fields that %s should not have', (_what, requestOf) => {
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`x${n}`, n]))
    const answer = parseCampaignRequest(requestOf(fields), APPS)
    const defects = answer.ok ? [] : answer.defects
    expect(defects).toHaveLength(20)
    expect(defects.at(-1)?.message).toContain('4980 more')
  })

  it('refuses what is no object', () => {
    for (const body of [null, undefined, [], 'x', 5]) expect(parseCampaignRequest(body, APPS).ok).toBe(false)
  })
})

describe('parseCampaignQuery', () => {
  it('makes the same of parameters as of JSON', () => {
    const query = {
      app: APP,
      page: 'p',
      width: '600',
      hyaline: 'true',
      lineColor: '1,2,3',
      priority: '3',
      epoch: '1',
    }
    const look = { page: 'p', width: 600, hyaline: true, lineColor: { r: 1, g: 2, b: 3 }, epoch: 1 }
    const json = parseCampaignRequest({ app: APP, look, priority: 3, scenes: ['s'] }, APPS)
    const parsed = parseCampaignQuery(query, APPS)
    expect(parsed.ok && parsed.value).toEqual(json.ok && json.value.draft)
  })

  it('refuses a parameter that comes twice', () => {
    expect(parseCampaignQuery({ app: APP, width: ['600', '700'] }, APPS)).toMatchObject({ ok: false })
  })
})
