import { describe, expect, it } from 'vitest'
import { contentTypeOf, DEFAULT_LOOK, defaultFormat, lookWithPage, parseLook } from './look.js'

const defectsOf = (input: unknown, at?: string) => {
  const look = parseLook(input, at)
  return look.ok ? [] : look.defects.map((defect) => `${defect.field}:${defect.rule}`)
}
const lookOf = (input: unknown) => {
  const look = parseLook(input)
  if (!look.ok) throw new Error(JSON.stringify(look.defects))
  return look.value
}

describe('parseLook', () => {
  it('gives every field its default', () => {
    expect(lookOf({})).toEqual(DEFAULT_LOOK)
    expect(lookOf(undefined)).toEqual(DEFAULT_LOOK)
    expect(DEFAULT_LOOK).toEqual({
      endpoint: 'unlimited',
      page: null,
      checkPath: true,
      envVersion: 'release',
      width: 430,
      autoColor: false,
      lineColor: { r: 0, g: 0, b: 0 },
      hyaline: false,
      epoch: 0,
      format: 'jpg',
    })
  })

  it('reads every field', () => {
    const input = {
      endpoint: 'unlimited',
      page: 'pages/a/a',
      checkPath: false,
      envVersion: 'trial',
      width: 1280,
      autoColor: true,
      lineColor: { r: 255, g: 0, b: 1 },
      hyaline: true,
      epoch: 9,
      format: 'png',
    }
    expect(lookOf(input)).toEqual(input)
  })

  it('takes png when hyaline and jpg otherwise, by default and when asked', () => {
    expect(lookOf({ hyaline: true }).format).toBe('png')
    expect(lookOf({ hyaline: true, format: 'png' }).format).toBe('png')
    expect(lookOf({}).format).toBe('jpg')
    expect(lookOf({ format: 'jpg' }).format).toBe('jpg')
  })

  it.each([
    [{ format: 'png' }, 'look.format: expected jpg, as hyaline is false, got "png"'],
    [{ hyaline: true, format: 'jpg' }, 'look.format: expected png, as hyaline is true, got "jpg"'],
  ])('refuses %j: WeChat never sends such a picture', (input, message) => {
    const look = parseLook(input)
    expect(look).toMatchObject({ ok: false, defects: [{ rule: 'contradiction', message }] })
  })

  it.each([
    [{ endpoint: 'wxacode' }, 'look.endpoint:value'],
    [{ page: '/pages/a' }, 'look.page:leading_slash'],
    [{ page: 7 }, 'look.page:type'],
    [{ checkPath: 'true' }, 'look.checkPath:value'],
    [{ envVersion: 'beta' }, 'look.envVersion:value'],
    [{ width: 279 }, 'look.width:value'],
    [{ width: 1281 }, 'look.width:value'],
    [{ width: 430.5 }, 'look.width:value'],
    [{ width: '430' }, 'look.width:value'],
    [{ autoColor: 1 }, 'look.autoColor:value'],
    [{ lineColor: { r: 0, g: 0 } }, 'look.lineColor:value'],
    [{ lineColor: { r: 0, g: 0, b: 256 } }, 'look.lineColor:value'],
    [{ lineColor: { r: 0, g: 0, b: '0' } }, 'look.lineColor:value'],
    [{ lineColor: { r: 0, g: 0, b: 0, a: 0 } }, 'look.lineColor:value'],
    [{ hyaline: null }, 'look.hyaline:value'],
    [{ epoch: -1 }, 'look.epoch:value'],
    [{ epoch: 2 ** 53 }, 'look.epoch:value'],
    [{ format: 'jpeg' }, 'look.format:value'],
    [{ color: 1 }, 'look.color:unknown'],
    [JSON.parse('{"__proto__":{}}'), 'look.__proto__:unknown'],
    [[], 'look:type'],
    ['x', 'look:type'],
    [null, 'look:type'],
  ])('refuses %j', (input, defect) => {
    expect(defectsOf(input)).toEqual([defect])
  })

  it('accepts the bounds', () => {
    expect(
      lookOf({ width: 280, epoch: Number.MAX_SAFE_INTEGER, lineColor: { r: 0, g: 255, b: 0 } }).width,
    ).toBe(280)
  })

  it('tells all defects at once, under the name it is given', () => {
    const input = { endpoint: 'x', page: '', width: 0, foo: 1, bar: 2 }
    expect(defectsOf(input, 'query')).toEqual([
      'query.foo:unknown',
      'query.bar:unknown',
      'query.endpoint:value',
      'query.page:required',
      'query.width:value',
    ])
  })

  it('refuses page and checkPath where the scene is the whole path', () => {
    const rules = ['look.page:not_for_endpoint', 'look.checkPath:not_for_endpoint']
    expect(defectsOf({ endpoint: 'limited', page: 'pages/a', checkPath: true })).toEqual(rules)
    expect(defectsOf({ endpoint: 'limited', envVersion: 'trial', autoColor: true, hyaline: true })).toEqual(
      [],
    )
  })

  it('refuses all but width, epoch and format for createwxaqrcode', () => {
    const input = { endpoint: 'qrcode', page: 'a', checkPath: true, envVersion: 'trial', autoColor: true }
    expect(defectsOf({ ...input, lineColor: { r: 0, g: 0, b: 0 }, hyaline: false })).toHaveLength(6)
    expect(defectsOf({ endpoint: 'qrcode', width: 280, epoch: 1, format: 'jpg' })).toEqual([])
  })

  it('takes a page of null for no page, with every endpoint', () => {
    for (const endpoint of ['unlimited', 'limited', 'qrcode']) {
      expect(lookOf({ endpoint, page: null }).page).toBeNull()
    }
  })
})

describe('lookWithPage', () => {
  const look = { ...DEFAULT_LOOK, page: 'pages/a' }

  it('makes a look of its own for a row with another page', () => {
    expect(lookWithPage(look, 'pages/b')).toEqual({ ...look, page: 'pages/b' })
  })

  it('is the look itself for a row without a page, or with the same', () => {
    expect(lookWithPage(look, undefined)).toBe(look)
    expect(lookWithPage(look, 'pages/a')).toBe(look)
  })
})

describe('formats', () => {
  it('have their content types', () => {
    expect([contentTypeOf('jpg'), contentTypeOf('png')]).toEqual(['image/jpeg', 'image/png'])
    expect([defaultFormat(false), defaultFormat(true)]).toEqual(['jpg', 'png'])
  })
})
