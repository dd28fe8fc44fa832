import { DEFAULT_LOOK, type Look } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { parameterSet, uncheckedPage } from './parameter-set.js'
import { withinGuard } from './plan-lifetime.js'

const keyOf = (over: Partial<Look> = {}, scene = 'pages/a?id=1') =>
  parameterSet({ scene, look: { ...DEFAULT_LOOK, endpoint: 'limited', ...over } }).key

describe('a parameter set', () => {
  it('is the same for what WeChat never sees', () => {
    const key = keyOf()
    expect([keyOf({ epoch: 9 }), keyOf({ checkPath: false }), keyOf({ page: 'x' })]).toEqual([key, key, key])
    expect(key).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is another for each parameter of getwxacode', () => {
    const all = [
      keyOf(),
      keyOf({}, 'pages/a?id=2'),
      keyOf({ width: 431 }),
      keyOf({ autoColor: true }),
      keyOf({ lineColor: { r: 1, g: 0, b: 0 } }),
      keyOf({ hyaline: true }),
      keyOf({ envVersion: 'trial' }),
      keyOf({ endpoint: 'qrcode' }),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('has no colour where WeChat is sent none, and of a QR code only path and width', () => {
    const red = { r: 255, g: 0, b: 0 }
    expect(keyOf({ autoColor: true, lineColor: red })).toBe(keyOf({ autoColor: true }))
    expect(keyOf({ endpoint: 'qrcode', lineColor: red })).toBe(keyOf({ endpoint: 'qrcode' }))
    expect(keyOf({ endpoint: 'qrcode', width: 280 })).not.toBe(keyOf({ endpoint: 'qrcode' }))
  })

  it('stays what it was: the ledger has marks by this name', () => {
    expect([keyOf(), keyOf({ endpoint: 'qrcode' }), uncheckedPage('pages/a').key]).toMatchInlineSnapshot(`
      [
        "3407ca90aba9198f3d151b1ca6cc602f",
        "a494e09c78e3d5b54bb856bd4249e39f",
        "079ce3ebebb296636f8d064a998ca405",
      ]
    `)
  })
})

describe('the guard', () => {
  const plan = { known: 0, fresh: 1, usedAfter: 95, limit: 100, whole: true }

  it('lets a campaign come to 95 % of the lifetime, and to no more', () => {
    expect(withinGuard(plan)).toBe(true)
    expect(withinGuard({ ...plan, usedAfter: 96 })).toBe(false)
    expect(withinGuard({ ...plan, usedAfter: 96 }, 1)).toBe(true)
  })

  it('stops no campaign that adds nothing', () => {
    expect(withinGuard({ ...plan, fresh: 0, known: 9, usedAfter: 99 })).toBe(true)
  })
})
