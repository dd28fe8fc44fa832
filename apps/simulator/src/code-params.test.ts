import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AppSwitches, DEFAULT_SWITCHES } from './app-config.js'
import { parseBody } from './body.js'
import { fillParams, hasRightTypes, PARAM_RULES } from './code-params.js'
import type { JsonObject } from './fields.js'

function judge(fields: JsonObject, switches: Partial<AppSwitches> = {}): number | undefined {
  if (!hasRightTypes(fields)) return 47001
  const app = { ...DEFAULT_SWITCHES, ...switches }
  for (const rule of PARAM_RULES) {
    const errcode = rule.breaks(fillParams(fields), app)
    if (errcode !== undefined) return errcode
  }
  return undefined
}

const LEGAL = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&'()*+,/:;=?@-._~"

test('every scene of 1 to 32 of the 82 characters passes', () => {
  expect(new Set(LEGAL).size).toBe(82)
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...LEGAL), minLength: 1, maxLength: 32 }), (scene) => {
      expect(judge({ scene })).toBeUndefined()
    }),
  )
})

test('every other printable character is 40129, and more than 32 of any are 40169', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }), (scene) => {
      const legal = [...scene].every((char) => LEGAL.includes(char))
      expect(judge({ scene })).toBe(scene.length > 32 ? 40169 : legal ? undefined : 40129)
    }),
  )
})

test.each([
  ['t=403&i=99999999&o=625', 40129],
  ['msgType=share&msgId=904366', 40129],
  ['id=1425&spreaderUserId=507614', 40169],
])('%s, its & sent as an escape, is %i as was reported', (scene, errcode) => {
  const escaped = JSON.stringify({ scene }).replaceAll('&', '\\u0026')
  const parsed = parseBody(escaped, true)
  expect(judge('fields' in parsed ? parsed.fields : {})).toBe(errcode)
  expect(judge({ scene })).toBeUndefined()
})

test.each<[JsonObject, number | undefined]>([
  [{}, 40169],
  [{ scene: '' }, 40169],
  [{ scene: 5 }, 47001],
  [{ scene: 's', is_hyaline: 1 }, 47001],
  [{ scene: 's', check_path: 'false' }, 47001],
  [{ scene: 's', width: '430' }, 47001],
  [{ scene: 's', auto_color: null }, 47001],
  [{ scene: 's', line_color: 'red' }, 47001],
  [{ scene: 's', line_color: { r: 'x', g: 0, b: 0 } }, 47001],
  [{ scene: 's', access_token: 'x' }, 47001],
  [{ scene: 's', isHyaline: 1 }, undefined],
  [{ scene: 's', line_color: { r: '12', g: 0, b: 255 } }, undefined],
  [{ scene: 's', line_color: { r: 256, g: 0, b: 0 } }, 40097],
  [{ scene: 'scancode_time' }, 85096],
  [{ scene: 's', env_version: 'beta' }, 40097],
  [{ scene: 's', env_version: 'trial' }, undefined],
  [{ scene: 's', width: 279 }, 40189],
  [{ scene: 's', width: 280 }, undefined],
  [{ scene: 's', width: 1280 }, undefined],
  [{ scene: 's', width: 1281 }, 40189],
  [{ scene: 's', page: '/pages/a' }, 41030],
  [{ scene: 's', page: 'pages/a?x=1' }, 41030],
  [{ scene: 's', page: 'pages/a' }, undefined],
  [{ scene: 's', page: 'p'.repeat(1025) }, 41030],
])('%j is answered %s', (fields, errcode) => {
  expect(judge(fields)).toBe(errcode)
})

test('with check_path a page must be released, without it need not', () => {
  const app = { pages: ['pages/a'] }
  expect(judge({ scene: 's', page: 'pages/a' }, app)).toBeUndefined()
  expect(judge({ scene: 's', page: 'pages/b' }, app)).toBe(41030)
  expect(judge({ scene: 's', page: 'pages/b', env_version: 'develop' }, app)).toBe(41030)
  expect(judge({ scene: 's', page: 'pages/b', check_path: false }, app)).toBeUndefined()
})

test('a width out of range is what the switch says', () => {
  expect(judge({ scene: 's', width: 5 }, { badWidth: '47001' })).toBe(47001)
  expect(judge({ scene: 's', width: 5 }, { badWidth: 'clamp' })).toBeUndefined()
})

test('a list of pages holds for every version; pages by version for theirs, the others have those of release', () => {
  const judged = (pages: AppSwitches['pages']) =>
    ['release', 'trial', 'develop'].map((env_version) => {
      return ['a', 'b'].map((page) =>
        judge({ scene: 's', page, env_version }, pages === undefined ? {} : { pages }),
      )
    })
  const [yes, no] = [undefined, 41030]
  expect(judged(undefined)).toEqual([
    [yes, yes],
    [yes, yes],
    [yes, yes],
  ])
  expect(judged(['a'])).toEqual([
    [yes, no],
    [yes, no],
    [yes, no],
  ])
  expect(judged({ release: ['a'], trial: ['b'] })).toEqual([
    [yes, no],
    [no, yes],
    [yes, no],
  ])
  expect(judge({ scene: 's', page: 'c', check_path: false }, { pages: ['a'] })).toBeUndefined()
})
