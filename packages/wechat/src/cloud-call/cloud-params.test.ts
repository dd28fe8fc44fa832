import { type AppId, type CodeCall, DEFAULT_LOOK, type Look } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { cloudParams } from './cloud-params.js'

const call = (endpoint: CodeCall['endpoint'], scene: string, look: Partial<Look> = {}): CodeCall => ({
  app: 'wx0123456789abcdef' as AppId,
  endpoint,
  scene,
  look: { ...DEFAULT_LOOK, ...look },
})
const faultOf = (make: () => unknown): unknown => {
  try {
    return make()
  } catch (fault) {
    return fault
  }
}

it('names every parameter of getUnlimited in camelCase, as its values are', () => {
  const look: Partial<Look> = { page: 'pages/a', checkPath: false, envVersion: 'trial', hyaline: true }
  expect(cloudParams(call('getwxacodeunlimit', 's=1', { ...look, lineColor: { r: 1, g: 2, b: 3 } }))).toEqual(
    {
      scene: 's=1',
      page: 'pages/a',
      checkPath: false,
      envVersion: 'trial',
      width: 430,
      autoColor: false,
      lineColor: { r: 1, g: 2, b: 3 },
      isHyaline: true,
    },
  )
})

it('gives the others a path, and createQRCode nothing that it does not know', () => {
  const path = 'pages/a?x=1'
  expect(cloudParams(call('getwxacode', path))).toMatchObject({ path, envVersion: 'release' })
  expect(cloudParams(call('createwxaqrcode', path))).toEqual({ path, width: 430 })
})

describe('what could not be printed is refused before it is asked', () => {
  it('a path of more than 128 bytes, counted as UTF-8', () => {
    const longest = `pages/${'x'.repeat(122)}`
    expect(cloudParams(call('getwxacode', longest))).toMatchObject({ path: longest })
    for (const path of [`${longest}x`, `pages/${'码'.repeat(41)}`]) {
      const said = expect.stringContaining('at most 128 bytes in a cloud call (this has 129)')
      const fault = { kind: 'refuse', code: 'path_too_long', message: said }
      expect(faultOf(() => cloudParams(call('getwxacode', path)))).toMatchObject(fault)
    }
  })

  it('what is refused over HTTP as well', () => {
    const noPage = faultOf(() => cloudParams(call('getwxacodeunlimit', 's=1')))
    expect(noPage).toMatchObject({ kind: 'refuse', code: 'missing_page' })
    const escaped = faultOf(() => cloudParams(call('getwxacode', 'pages/a?x=\u0007')))
    expect(escaped).toMatchObject({ kind: 'refuse', code: 'invalid_data' })
  })
})
