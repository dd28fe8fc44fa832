import { expect, test } from 'vitest'
import { formatError, formatRid } from './envelope.js'
import { createRandom } from './random.js'

test('the captured bodies come out byte for byte, with their lengths of 74, 133 and 215', () => {
  const scene = formatError(40129, '663b1af7-14a514a1-181eb968')
  expect(scene).toBe('{"errcode":40129,"errmsg":"invalid scene rid: 663b1af7-14a514a1-181eb968"}')
  expect(Buffer.byteLength(scene)).toBe(74)
  const address = '101.226.140.206'
  const text = `invalid ip ${address} ipv6 ::ffff:${address}, not in whitelist`
  const ip = formatError(40164, '64e5d2d0-18b1978d-6abec211', text)
  expect(ip).toBe(
    '{"errcode":40164,"errmsg":"invalid ip 101.226.140.206 ipv6 ::ffff:101.226.140.206, not in whitelist rid: 64e5d2d0-18b1978d-6abec211"}',
  )
  expect(Buffer.byteLength(ip)).toBe(133)
  expect(Buffer.byteLength(formatError(40001, '663b1af7-14a514a1-181eb968'))).toBe(215)
})

test("a rid's first group is the time in seconds", () => {
  const rid = formatRid(Date.parse('2024-05-08T06:25:59Z'), createRandom(1))
  expect(rid).toMatch(/^663b1af7-[0-9a-f]{8}-[0-9a-f]{8}$/)
})

test('a code without a known text still makes an envelope', () => {
  expect(formatError(12345, 'r')).toBe('{"errcode":12345,"errmsg":"error 12345 rid: r"}')
})
