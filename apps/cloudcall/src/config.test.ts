import type { ConfigFault } from '@sunpress/runtime'
import { expect, it } from 'vitest'
import { readFunctionConfig } from './config.js'

const ENV = { WECHAT_APPID: 'wx0123456789abcdef', SUNPRESS_STORE: 's3://codes/shops' }
const defectsOf = (env: Record<string, string>) => {
  try {
    readFunctionConfig(env)
    return []
  } catch (fault) {
    return (fault as ConfigFault).defects.map(({ field, rule }) => `${field} ${rule}`)
  }
}

it('needs an appid and a bucket, and is cautious otherwise', () => {
  expect(readFunctionConfig(ENV)).toMatchObject({ perMinute: 300, inHand: 8, runSeconds: 45, openids: null })
})

it('refuses a store or a ledger of files: the disk is gone with the instance', () => {
  expect(defectsOf({ ...ENV, SUNPRESS_STORE: '' })).toEqual(['SUNPRESS_STORE contradiction'])
  expect(defectsOf({ ...ENV, SUNPRESS_LEDGER: 'file:/data' })).toEqual(['SUNPRESS_LEDGER contradiction'])
})

it('bears the variables of other processes, and no typing error', () => {
  expect(defectsOf({ ...ENV, SUNPRESS_NAMESPACE: 'x', REDIS_URL: 'x' })).toEqual([])
  expect(defectsOf({ ...ENV, SUNPRESS_STOER: 'x' })).toEqual(['SUNPRESS_STOER unknown'])
})

it('says all that is missing at once', () => {
  const defects = defectsOf({ SUNPRESS_STORE: 's3://codes', CLOUDCALL_PER_MINUTE: '0' })
  expect(defects).toEqual(['WECHAT_APPID required', 'CLOUDCALL_PER_MINUTE value'])
})
