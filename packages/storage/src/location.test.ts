import { describe, expect, it } from 'vitest'
import { parseStoreLocation } from './location.js'

describe('a store location', () => {
  it.each([
    ['file:/data', { kind: 'file', folder: '/data' }],
    ['file:./data', { kind: 'file', folder: './data' }],
    ['file:///data', { kind: 'file', folder: '/data' }],
    ['s3://pictures', { kind: 's3', bucket: 'pictures', prefix: '' }],
    ['s3://pictures/', { kind: 's3', bucket: 'pictures', prefix: '' }],
    ['s3://pictures/a/b', { kind: 's3', bucket: 'pictures', prefix: 'a/b/' }],
    ['s3://pictures/a/', { kind: 's3', bucket: 'pictures', prefix: 'a/' }],
  ])('%s is read as %j', (text, value) => {
    expect(parseStoreLocation(text)).toEqual({ ok: true, value })
  })

  it.each([
    '',
    'data',
    '/data',
    'file:',
    'file://host/data',
    's3://',
    's3:///a',
    's3://A/b',
    's3://ab/a//b',
    'http://a/b',
  ])('%j is a defect that says what was expected', (text) => {
    const parsed = parseStoreLocation(text, 'SUNPRESS_STORE')
    expect(parsed).toMatchObject({ ok: false, defects: [{ field: 'SUNPRESS_STORE' }] })
    expect(JSON.stringify(parsed)).toContain('s3://bucket/prefix')
  })
})
