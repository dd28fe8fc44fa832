import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createHeaderSecrets, headerDefects, resolveHeaders } from './source-headers.js'

const root = mkdtempSync(join(tmpdir(), 'sunpress-headers-'))
const folder = join(root, 'sources')
mkdirSync(folder)
writeFileSync(join(folder, 'shops'), 'Bearer of-shops\n')
writeFileSync(join(folder, 'evil'), 'a\r\nx-other: b')
writeFileSync(join(root, 'appsecret'), 'not to be sent')
symlinkSync(join(root, 'appsecret'), join(folder, 'link'))
afterAll(() => rmSync(root, { recursive: true }))

const env = { SOURCE_SHOPS: ' key ', WECHAT_APPSECRET: 'not to be sent', SOURCE_EMPTY: '' }
const secrets = createHeaderSecrets(env, folder)

describe('the value of a header', () => {
  it('is read where it was set aside for that', () => {
    expect(secrets.read('env:SOURCE_SHOPS')).toBe('key')
    expect(secrets.read(`file:${folder}/shops`)).toBe('Bearer of-shops')
  })

  it.each([
    'env:WECHAT_APPSECRET',
    'env:SOURCE_EMPTY',
    'env:SOURCE_NONE',
    `file:${root}/appsecret`,
    `file:${folder}/../appsecret`,
    `file:${folder}/link`,
    `file:${folder}/none`,
    `file:${folder}/evil`,
    `file:${folder}`,
    'key',
  ])('is nothing for %s', (reference) => expect(secrets.read(reference)).toBeNull())

  it('is in no file as long as there is no folder', () =>
    expect(createHeaderSecrets(env, null).read(`file:${folder}/shops`)).toBeNull())
})

it('tells which is missing, never what another one says', () => {
  expect(resolveHeaders(secrets, { 'x-key': 'env:SOURCE_SHOPS' })).toEqual({ 'x-key': 'key' })
  expect(() => resolveHeaders(secrets, { a: 'env:SOURCE_NONE' })).toThrow(/env:SOURCE_NONE/)
  expect(
    headerDefects(secrets, { a: 'env:SOURCE_NONE', b: 'env:SOURCE_SHOPS' }, 'source.headers'),
  ).toMatchObject([{ field: 'source.headers.a', rule: 'missing' }])
})
