import { type AppId, type CodeCall, DEFAULT_LOOK, type Look, RefuseFault } from '@sunpress/core'
import { expect, it } from 'vitest'
import { codeBody } from './code-body.js'

const call = (endpoint: CodeCall['endpoint'], scene: string, look: Partial<Look> = {}): CodeCall => ({
  app: 'wx0123456789abcdef' as AppId,
  endpoint,
  scene,
  look: { ...DEFAULT_LOOK, ...look },
})

const PAGE = 'pages/index/index'

it('sends every parameter of getwxacodeunlimit, booleans and numbers as such', () => {
  const look: Partial<Look> = {
    page: PAGE,
    checkPath: false,
    envVersion: 'trial',
    width: 280,
    lineColor: { r: 1, g: 2, b: 3 },
    hyaline: true,
  }
  expect(codeBody(call('getwxacodeunlimit', 's=1', look))).toBe(
    '{"scene":"s=1","page":"pages/index/index","check_path":false,"env_version":"trial","width":280,' +
      '"auto_color":false,"line_color":{"r":1,"g":2,"b":3},"is_hyaline":true}',
  )
})

it('sends the defaults too, the page above all', () => {
  expect(JSON.parse(codeBody(call('getwxacodeunlimit', 's=1', { page: PAGE })))).toEqual({
    scene: 's=1',
    page: PAGE,
    check_path: true,
    env_version: 'release',
    width: 430,
    auto_color: false,
    line_color: { r: 0, g: 0, b: 0 },
    is_hyaline: false,
  })
})

it('leaves the line colour out under auto colour', () => {
  const look = { page: PAGE, autoColor: true, lineColor: { r: 9, g: 9, b: 9 } }
  const body = JSON.parse(codeBody(call('getwxacodeunlimit', 's=1', look)))
  expect(body).toMatchObject({ auto_color: true })
  expect(body).not.toHaveProperty('line_color')
})

it('refuses a call without a page rather than print a code without a scene', () => {
  expect(() => codeBody(call('getwxacodeunlimit', 's=1'))).toThrow(RefuseFault)
})

it('sends getwxacode a path, with its query, and no check_path', () => {
  expect(JSON.parse(codeBody(call('getwxacode', 'pages/a?x=1&y=2')))).toEqual({
    path: 'pages/a?x=1&y=2',
    env_version: 'release',
    width: 430,
    auto_color: false,
    line_color: { r: 0, g: 0, b: 0 },
    is_hyaline: false,
  })
})

it('sends createwxaqrcode a path and a width, and nothing else', () => {
  expect(codeBody(call('createwxaqrcode', 'pages/a?x=1', { width: 500 }))).toBe(
    '{"path":"pages/a?x=1","width":500}',
  )
})

it('leaves every character that a scene may have unescaped', () => {
  const scene = "!#$&'()*+,/:;=?@-._~"
  expect(codeBody(call('getwxacodeunlimit', scene, { page: PAGE }))).toContain(`"scene":"${scene}"`)
})

it('sends other scripts as they are', () => {
  expect(codeBody(call('getwxacode', 'pages/商店'))).toContain('"path":"pages/商店"')
})

it.each(['a\u0001b', 'a\ud800b', 'a\\u0026b'])('refuses what WeChat would read otherwise: %j', (path) => {
  expect(() => codeBody(call('getwxacode', path))).toThrow(RefuseFault)
})
