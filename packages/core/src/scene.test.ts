import { describe, expect, it } from 'vitest'
import type { LookEndpoint } from './lane.js'
import { MAX_PATH_BYTES, MAX_SCENE_CHARACTERS, pageDefects, sceneDefects } from './scene.js'

const sceneRules = (scene: unknown, endpoint: LookEndpoint = 'unlimited') =>
  sceneDefects(scene, endpoint).map((defect) => defect.rule)
const pageRules = (page: unknown) => pageDefects(page).map((defect) => defect.rule)

describe('a scene of getwxacodeunlimit', () => {
  /** The documents: 32 visible characters, digits, letters and 20 others. */
  const legal = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$&'()*+,/:;=?@-._~"

  it('may have exactly the 82 characters of the documents', () => {
    const accepted = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => sceneRules(character).length === 0,
    )
    expect(accepted.sort()).toEqual([...legal].sort())
    expect(legal).toHaveLength(82)
  })

  it('has 1 to 32 characters', () => {
    expect(sceneRules('')).toEqual(['required'])
    expect(sceneRules('x'.repeat(MAX_SCENE_CHARACTERS))).toEqual([])
    expect(sceneRules('x'.repeat(33))).toEqual(['length'])
  })

  it('tells all its defects and the first illegal character', () => {
    const defects = sceneDefects(`${'x'.repeat(32)}店铺`, 'unlimited', 'rows.scene')
    expect(defects.map(({ field, rule }) => [field, rule])).toEqual([
      ['rows.scene', 'length'],
      ['rows.scene', 'alphabet'],
    ])
    expect(defects[0]?.message).toContain('this has 34')
    expect(defects[1]?.message).toContain('this has "店"')
  })

  it.each(['a\n', '\na', 'a b', 'a%20', '"', 'a\\', '😀', '\ud83d'])('may not be %j', (scene) => {
    expect(sceneRules(scene)).toEqual(['alphabet'])
  })

  it.each([1, null, undefined, {}, ['a']])('must be a string, not %j', (scene) => {
    expect(sceneRules(scene)).toEqual(['type'])
  })
})

describe.each(['limited', 'qrcode'] as const)('a path of endpoint %s', (endpoint) => {
  it('has 1 byte up to the limit of its endpoint, counted in UTF-8', () => {
    const most = MAX_PATH_BYTES[endpoint]
    expect(sceneRules('', endpoint)).toEqual(['required'])
    expect(sceneRules('x'.repeat(most), endpoint)).toEqual([])
    expect(sceneRules('x'.repeat(most + 1), endpoint)).toEqual(['length'])
    expect(sceneRules('店'.repeat(Math.floor(most / 3) + 1), endpoint)).toEqual(['length'])
  })

  it('may have a query, and be only a query as mini games send it', () => {
    expect(sceneRules('pages/shop/shop?id=1&city=上海', endpoint)).toEqual([])
    expect(sceneRules('?foo=bar', endpoint)).toEqual([])
  })

  it.each([
    ['/pages/a', 'leading_slash'],
    ['pages/a\n', 'alphabet'],
    ['pages/a?x=\u007f', 'alphabet'],
    ['pages/a?x=\ud83d', 'alphabet'],
    ['pages/a?scancode_time=1', 'reserved'],
    ['pages/a?x=1&scancode_time', 'reserved'],
    [7, 'type'],
  ])('may not be %j', (path, rule) => {
    expect(sceneRules(path, endpoint)).toEqual([rule])
  })

  it('may have a parameter that only resembles the reserved one', () => {
    expect(sceneRules('pages/a?my_scancode_time=1&scancode_times=2', endpoint)).toEqual([])
  })
})

describe('MAX_PATH_BYTES', () => {
  it('is what the documents say', () => {
    expect(MAX_PATH_BYTES).toEqual({ limited: 1024, qrcode: 128 })
  })
})

describe('a page', () => {
  it.each(['pages/index/index', 'packageA/pages/shop-1/shop_2', 'a', 'x'.repeat(1024)])(
    'may be %j',
    (page) => {
      expect(pageRules(page)).toEqual([])
    },
  )

  it.each([
    ['', ['required']],
    ['/pages/index', ['leading_slash']],
    ['pages/index?x=1', ['query']],
    ['pages/index index', ['alphabet']],
    ['pages/"index"', ['alphabet']],
    ['pages\\index', ['alphabet']],
    ['pages/\u0000', ['alphabet']],
    ['pages/\ud83d', ['alphabet']],
    ['x'.repeat(1025), ['length']],
    ['/pages/a b?x', ['leading_slash', 'query', 'alphabet']],
    [null, ['type']],
    [undefined, ['type']],
  ])('may not be %j', (page, rules) => {
    expect(pageRules(page)).toEqual(rules)
  })
})
