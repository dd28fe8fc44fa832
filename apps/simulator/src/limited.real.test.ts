import { afterAll, beforeAll, expect, test } from 'vitest'
import { openScanner, type Scanner } from '../../../test/services/scanner.js'
import { readNote } from './picture/note.js'
import { call, errcodeOf, type Started, startWithToken } from './testing/caller.js'
import { decodeJpeg } from './testing/decode-jpeg.js'

let started: Started
let scanner: Scanner

beforeAll(async () => {
  scanner = await openScanner()
  started = await startWithToken()
  // What a day has used ends with it.
  await started.admin('PUT', '/clock', { frozen: true })
}, 180_000)
afterAll(() => Promise.all([started.close(), scanner.close()]))

const post = (path: string, body: object) =>
  call(`${started.simulator.url}${path}?access_token=${started.token}`, { body })
const square = (fields: object) => post('/cgi-bin/wxaapp/createwxaqrcode', fields)

test.each([
  ['pages/index/index?x=1', 430],
  ['p', 280],
  ['?foo=bar', 281],
  [`pages/a?q=${'x'.repeat(118)}`, 280],
  ['pages/店?名=码', 430],
  ['12345678', 1280],
])('a scanner reads %s in a square code of %i pixels', async (path, width) => {
  const { headers, body } = await square({ path, width })
  expect(headers['content-type']).toBe('image/jpeg')
  expect(decodeJpeg(body)).toMatchObject({ width, height: width, bytesLeft: 0 })
  expect(await scanner.scan(body)).toBe(path)
  expect(readNote(body)).toMatchObject({ endpoint: 'createwxaqrcode', params: { path, width } })
})

test('under png_as_jpeg it is a PNG that a scanner reads', async () => {
  await started.admin('PUT', '/faults', [{ kind: 'png_as_jpeg', count: 1 }])
  const { body } = await square({ path: 'pages/a' })
  expect(body.subarray(1, 4).toString()).toBe('PNG')
  expect(await scanner.scan(body)).toBe('pages/a')
})

test('getwxacode sends Num-Used, is logged by its path, and is hit by faults on that', async () => {
  await started.admin('PUT', '/faults', [{ kind: 45029, match: { scene: 'pages/b' } }])
  const { headers, body } = await post('/wxa/getwxacode', { path: 'pages/a', width: 300 })
  expect(headers['num-used']).toMatch(/^\d+$/)
  expect(decodeJpeg(body)).toMatchObject({ width: 300, height: 300 })
  expect(errcodeOf(await post('/wxa/getwxacode', { path: 'pages/b' }))).toBe(45029)
  const { json } = await started.admin('GET', '/calls?appid=wx1')
  expect(json.calls.slice(-2)).toMatchObject([
    { path: '/wxa/getwxacode', scene: 'pages/a', outcome: 'picture' },
    { path: '/wxa/getwxacode', scene: 'pages/b', outcome: '45029' },
  ])
})

test('an escaped ampersand in a path is not decoded: a wrong code, silently', async () => {
  const url = `${started.simulator.url}/wxa/getwxacode?access_token=${started.token}`
  const { body } = await call(url, { body: '{"path":"p?id=133\\u0026n=1"}' })
  expect(readNote(body)?.params['path']).toBe('p?id=133\\u0026n=1')
})

test('a rid tells the call that failed', async () => {
  const failed = await square({ path: '' })
  const [rid = ''] = /[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}/.exec(failed.body.toString()) ?? []
  const told = JSON.parse((await post('/cgi-bin/openapi/rid/get', { rid })).body.toString())
  expect(told).toMatchObject({
    errcode: 0,
    request: {
      request_url: `access_token=${started.token}`,
      request_body: '{"path":""}',
      response_body: failed.body.toString(),
      client_ip: '127.0.0.1',
    },
  })
})

test('the quota of a day is told over the wire and given back by clear_quota', async () => {
  const used = async () => {
    const { body } = await post('/cgi-bin/openapi/quota/get', { cgi_path: '/wxa/getwxacode' })
    return JSON.parse(body.toString()).quota.used as number
  }
  expect(await used()).toBeGreaterThan(0)
  expect(errcodeOf(await post('/cgi-bin/clear_quota', { appid: 'wx1' }))).toBe(0)
  expect(await used()).toBe(0)
  const query = 'appid=wx1&appsecret=s'
  expect(errcodeOf(await call(`${started.simulator.url}/cgi-bin/clear_quota/v2?${query}`))).toBe(0)
})
