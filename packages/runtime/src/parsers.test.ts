import { describe, expect, it } from 'vitest'
import type { Parser } from './config-table.js'
import { boolean, host, httpBaseUrl, integer, port, redisUrl, storeLocation } from './parsers.js'

const read = <T>(parser: Parser<T>, written: string) => parser.read(written, true)

describe('parsers', () => {
  it('takes whole numbers in decimal digits alone', () => {
    const parser = integer(-5, 100)
    expect(['0', '100', '-5', '007'].map((written) => read(parser, written))).toEqual([0, 100, -5, 7])
    for (const written of ['101', '-6', '1e1', '0x1', '1.0', ' 1', '1 ', '', 'one', '1_0', '٣']) {
      expect(read(parser, written), written).toBeUndefined()
    }
  })

  it('takes ports from 0 to 65535', () => {
    expect(read(port(), '0')).toEqual({ port: 0, given: true })
    for (const written of ['65536', '-1', '80a']) expect(read(port(), written), written).toBeUndefined()
  })

  it('takes true and false and nothing like them', () => {
    expect(['true', 'false', '1', 'yes', 'TRUE'].map((written) => read(boolean(), written))).toEqual([
      true,
      false,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('gives base URLs back without a slash at the end', () => {
    expect(read(httpBaseUrl(), 'https://cdn.example/codes/')).toBe('https://cdn.example/codes')
    expect(read(httpBaseUrl(), 'http://[::1]:80')).toBe('http://[::1]')
  })

  it('refuses base URLs with login, query or fragment, and other schemes', () => {
    for (const written of [
      'http://a:b@c',
      'http://a@c',
      'http://c?d',
      'http://c#',
      'ftp://c',
      'c:80',
      '//c',
      '',
    ]) {
      expect(read(httpBaseUrl(), written), written).toBeUndefined()
    }
  })

  it('takes the addresses of one Redis and of sentinels', () => {
    for (const written of ['redis://h', 'rediss://u:p@h:1/2', 'redis+sentinel://a,b:1/m']) {
      expect(read(redisUrl(), written)?.reveal()).toBe(written)
    }
    for (const written of ['h:6379', 'redis://', 'http://h', 'redis+foo://h', 'redis+cluster://a,b']) {
      expect(read(redisUrl(), written), written).toBeUndefined()
    }
  })

  it('takes hosts without scheme and port', () => {
    for (const written of ['localhost', '0.0.0.0', '::', '::1', 'a-b.example'])
      expect(read(host(), written)).toBe(written)
    for (const written of ['http://a', 'a:80', '[::1]:80', 'a b', ''])
      expect(read(host(), written), written).toBeUndefined()
  })

  it('takes stores of the schemes there are', () => {
    for (const written of ['file:./data', 's3://codes/a'])
      expect(read(storeLocation(), written)).toBe(written)
    for (const written of ['data', 'file:', 's3://', 's3:codes', 'http://a']) {
      expect(read(storeLocation(), written), written).toBeUndefined()
    }
  })
})
