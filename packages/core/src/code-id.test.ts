/**
 * Golden vectors. They were made once, by another program in another language, from the definition in code-id.ts; a change
 * here would print every picture of every customer again. Never edit an expected value: add vectors for new fields.
 */
import { describe, expect, it } from 'vitest'
import { codeCanonicalJson, codeIdOf, codeKey, lookIdOf, nameCode } from './code-id.js'
import { type AppId, isCodeId } from './ids.js'
import { DEFAULT_LOOK, type Look } from './look.js'

const app = 'wx0123456789abcdef' as AppId
const withPage: Look = { ...DEFAULT_LOOK, page: 'pages/index/index' }

const VECTORS: readonly [string, string, Look, string, string][] = [
  [
    'nothing but a page',
    's=1',
    withPage,
    'rryjnmoi3d5khwmhhfknm2jb5wem4jjzdcq4uepdofp6iqiskpia',
    'eby4rigwnu2cpbnmbcy6klhbu6',
  ],
  [
    'several fields',
    's=1',
    { ...withPage, width: 1280, envVersion: 'trial', epoch: 3, lineColor: { r: 1, g: 2, b: 3 } },
    'zd5ibjgely4mgbevh6mrgqsrtrkakgir5vh4p4wb7ii7u7pw5b2a',
    'iiq67cmedwtf5uumrmao55zou3',
  ],
  [
    'autoColor, which drops lineColor',
    's=1',
    { ...withPage, autoColor: true, lineColor: { r: 9, g: 9, b: 9 } },
    'krxcixuhayysglyg2j5pan4ptrm6diqnc3cxw6socsxadmzucc6a',
    'bi5nilmzav57zkunr3goa5n26r',
  ],
  [
    'hyaline, png by default',
    's=1',
    { ...withPage, hyaline: true, format: 'png' },
    'wxqlc3homr4xweo4b75doavhzg3ykzd2u7ecsbxvixqp3ngflwzq',
    'xqjuywohl7tqfwdzut2pmj2wuh',
  ],
  [
    'hyaline as jpg',
    's=1',
    { ...withPage, hyaline: true, format: 'jpg' },
    '3nyqevr4qtu3bjtf2euhdopk4d4nlbjmt3feygxtrhekugos2bvq',
    '7pircyo5zn7rchwefanvlikytm',
  ],
  [
    'png that is not hyaline',
    's=1',
    { ...withPage, format: 'png' },
    '36corzel7737ftac7fd3z3j6jcu4aciurkohkxjnc63yhrppw23a',
    'xu4hsbbi4a32xiguyaqouiampw',
  ],
  [
    'a path with quotes and Chinese',
    'pages/店?id=1&x="y"',
    { ...DEFAULT_LOOK, endpoint: 'limited' },
    'uhfla4chutfb4mu3lpuw4vhz5mdrxpxw2kdduc3x7sp2vuaqdxwq',
    'cpgg4eus6ti2lh46zj2gz2g3d3',
  ],
  [
    'createwxaqrcode',
    'pages/a?id=1',
    { ...DEFAULT_LOOK, endpoint: 'qrcode', width: 280 },
    '33eea6hltf4s24oz3yj6jxt3krq6nrlmrzbauwifwzniblmi3a5a',
    'clr6v3pbhigmorgmkfrf4wkokw',
  ],
]

describe('golden vectors', () => {
  it.each(VECTORS)('name the code and the look of %s', (_, scene, look, digest, lookId) => {
    expect(codeIdOf(app, scene, look)).toBe(`${app}-${digest}`)
    expect(lookIdOf(look)).toBe(lookId)
  })

  it('have this canonical form', () => {
    const look: Look = { ...withPage, lineColor: { r: 1, g: 2, b: 3 }, width: 280 }
    expect(codeCanonicalJson(app, 's=1', look)).toBe(
      '{"app":"wx0123456789abcdef","look":{"lineColor":{"b":3,"g":2,"r":1},"page":"pages/index/index","width":280},"scene":"s=1","v":1}',
    )
  })
})

describe('a code id', () => {
  const id = codeIdOf(app, 's=1', withPage)

  it('is one', () => {
    expect(isCodeId(id)).toBe(true)
  })

  it('is not changed by checkPath, nor by the order of fields', () => {
    expect(codeIdOf(app, 's=1', { ...withPage, checkPath: false })).toBe(id)
    const reversed = Object.fromEntries(Object.entries(withPage).reverse()) as unknown as Look
    expect(codeIdOf(app, 's=1', { ...reversed, lineColor: { b: 0, g: 0, r: 0 } })).toBe(id)
  })

  it('is another for another app, scene or any other field of the look', () => {
    const looks: Look[] = [
      { ...withPage, endpoint: 'limited' },
      { ...withPage, page: 'pages/b' },
      { ...withPage, page: null },
      { ...withPage, envVersion: 'develop' },
      { ...withPage, width: 431 },
      { ...withPage, autoColor: true },
      { ...withPage, lineColor: { r: 1, g: 0, b: 0 } },
      { ...withPage, lineColor: { r: 0, g: 1, b: 0 } },
      { ...withPage, lineColor: { r: 0, g: 0, b: 1 } },
      { ...withPage, hyaline: true },
      { ...withPage, epoch: 1 },
      { ...withPage, format: 'png' },
    ]
    const ids = looks.map((look) => codeIdOf(app, 's=1', look))
    const others = [codeIdOf('wxfedcba9876543210' as AppId, 's=1', withPage), codeIdOf(app, 's=2', withPage)]
    expect(new Set([id, ...ids, ...others]).size).toBe(looks.length + 3)
  })
})

describe('a key', () => {
  it('stands under codes/, the app and two characters of the digest', () => {
    const name = nameCode(app, 's=1', { ...withPage, hyaline: true, format: 'png' })
    const digest = 'wxqlc3homr4xweo4b75doavhzg3ykzd2u7ecsbxvixqp3ngflwzq'
    expect(name).toEqual({
      id: `${app}-${digest}`,
      look: 'xqjuywohl7tqfwdzut2pmj2wuh',
      key: `codes/${app}/wx/${app}-${digest}.png`,
    })
    expect(codeKey(name.id, 'jpg')).toBe(`codes/${app}/wx/${app}-${digest}.jpg`)
  })
})
