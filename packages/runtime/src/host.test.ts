import { describe, expect, it } from 'vitest'
import { httpUrl, isLoopback, isPrivateName } from './host.js'

describe('hosts', () => {
  it('knows loopback by address and by name', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])
      expect(isLoopback(host), host).toBe(true)
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'a'])
      expect(isLoopback(host), host).toBe(false)
  })

  it('takes addresses and one-label names for our own network', () => {
    for (const host of ['simulator', '10.0.0.1', '[::1]', 'localhost'])
      expect(isPrivateName(host), host).toBe(true)
    for (const host of ['api.weixin.qq.com', 'minio.internal']) expect(isPrivateName(host), host).toBe(false)
  })

  it('builds URLs that can be opened', () => {
    expect(httpUrl('0.0.0.0', 80)).toBe('http://127.0.0.1:80')
    expect(httpUrl('::', 80)).toBe('http://[::1]:80')
    expect(httpUrl('::1', 80)).toBe('http://[::1]:80')
    expect(httpUrl('a', 80)).toBe('http://a:80')
  })
})
