import { Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { addressOf } from './bucket.js'
import { usesPathStyle } from './settings.js'

const settings = {
  region: 'us-east-1',
  accessKeyId: 'id',
  secretAccessKey: new Secret('secret'),
  createOnly: 'if-none-match' as const,
}

describe('where a bucket answers', () => {
  it.each([
    ['http://127.0.0.1:9000', true],
    ['http://[::1]:9000', true],
    ['http://localhost:9000', true],
    ['http://minio:9000', true],
    ['https://oss-cn-hangzhou.aliyuncs.com', false],
    ['https://cos.ap-guangzhou.myqcloud.com', false],
  ])('is asked at %s with path style: %s', (endpoint, expected) => {
    expect(usesPathStyle({ ...settings, endpoint })).toBe(expected)
    expect(usesPathStyle({ ...settings, endpoint, pathStyle: !expected })).toBe(!expected)
  })

  it.each([
    [{ endpoint: 'http://minio:9000' }, 'http://minio:9000', '/pictures/'],
    [
      { endpoint: 'https://oss-cn-hangzhou.aliyuncs.com' },
      'https://pictures.oss-cn-hangzhou.aliyuncs.com',
      '/',
    ],
    [{}, 'https://pictures.s3.us-east-1.amazonaws.com', '/'],
    [{ region: 'cn-north-1' }, 'https://pictures.s3.cn-north-1.amazonaws.com.cn', '/'],
  ])('follows from %j', (given, origin, basePath) => {
    expect(addressOf('pictures', { ...settings, ...given })).toMatchObject({ origin, basePath })
  })
})
