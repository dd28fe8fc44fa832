import { describe, expect, it } from 'vitest'
import { actionFor, isKnownErrcode, knownErrcodes } from './errcode-policy.js'

const acts = (codes: readonly number[]) => [...new Set(codes.map((code) => actionFor(code).act))]

describe('actionFor', () => {
  it('renews the token for the three codes that speak of it', () => {
    expect(acts([40001, 40014, 42001])).toEqual(['renew'])
  })

  it.each([
    [40129, 'invalid_scene'],
    [40169, 'invalid_scene'],
    [41030, 'invalid_page'],
    [40159, 'invalid_path'],
    [40165, 'invalid_path'],
    [40097, 'invalid_args'],
    [40189, 'invalid_width'],
    [45029, 'lifetime_quota'],
    [85096, 'reserved_parameter'],
    [47001, 'invalid_data'],
  ])('refuses the scene for %i, as %s', (code, reason) => {
    expect(actionFor(code)).toEqual({ act: 'refuse', reason })
  })

  it.each([45009, 45011, 44990, 44991, 44992])('holds the lane for %i, which speaks of a minute', (code) => {
    expect(actionFor(code)).toEqual({ act: 'hold', scope: 'lane', reason: 'minute' })
  })

  it('holds the whole app where every call of it would fail', () => {
    const rights = [48001, 48004, 50001, 50002, 61003, 61004, 61007, 45063]
    const credentials = [40013, 40125, 40164, 40243, 41001, 41002, 41004, 89501, 89503, 89506, 89507]
    for (const code of [...rights, ...credentials]) {
      expect(actionFor(code)).toEqual({ act: 'hold', scope: 'app', reason: 'app_held' })
    }
  })

  it('retries a busy system, and codes that nobody knows', () => {
    expect(acts([-1, 123_456, 99_999])).toEqual(['retry'])
  })
})

describe('the table', () => {
  it('knows its own codes and 0, and no other', () => {
    expect(knownErrcodes().every(isKnownErrcode)).toBe(true)
    expect([isKnownErrcode(0), isKnownErrcode(123_456)]).toEqual([true, false])
  })

  it('has each code once', () => {
    expect(new Set(knownErrcodes()).size).toBe(knownErrcodes().length)
    expect(knownErrcodes().length).toBeGreaterThan(50)
  })
})
