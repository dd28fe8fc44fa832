import {
  type App,
  type AppId,
  type CodeApi,
  type CodeCall,
  DEFAULT_LOOK,
  DEFAULT_QUOTAS,
  Secret,
} from '@sunpress/core'
import { expect, it } from 'vitest'
import { type CodeApis, chooseCodeApi } from './choose-code-api.js'

const appid = 'wx0123456789abcdef' as AppId
const call: CodeCall = { app: appid, endpoint: 'getwxacodeunlimit', scene: 's', look: DEFAULT_LOOK }
const answering = (byte: number): CodeApi => ({ request: async () => Uint8Array.of(byte) })
const apis: CodeApis = { http: answering(1), cloudrun: answering(2), cloudcall: answering(3) }
const appOf = (credential: App['credential']): App => ({
  appid,
  name: 'x',
  quotas: DEFAULT_QUOTAS,
  credential,
})

async function askedOf(app: App | undefined, of: CodeApis = apis): Promise<number | undefined> {
  const permit = { dueMs: 0, notAfterMs: Infinity }
  const token = { value: new Secret('t') }
  const api = chooseCodeApi(() => app, of)
  return (await api.request(call, token, permit, new AbortController().signal))[0]
}

it('sends each call the way of its app’s credential', async () => {
  const secret = { kind: 'secret', appSecret: new Secret('s'), endpoint: 'stable' } as const
  const cloudbase = { kind: 'cloudbase', source: { kind: 'env', name: 'T' } } as const
  expect(await askedOf(appOf(secret))).toBe(1)
  expect(await askedOf(appOf(cloudbase))).toBe(1)
  expect(await askedOf(appOf({ kind: 'cloudrun', baseUrl: 'http://x', shared: false }))).toBe(2)
  expect(await askedOf(appOf({ kind: 'cloudcall', shared: false }))).toBe(3)
})

it('waits for an app that is gone, and for one that only a cloud function can call', async () => {
  await expect(askedOf(undefined)).rejects.toMatchObject({ kind: 'wait', code: 'app_unknown' })
  const elsewhere = askedOf(appOf({ kind: 'cloudcall', shared: false }), {
    http: apis.http,
    cloudrun: apis.cloudrun,
  })
  await expect(elsewhere).rejects.toMatchObject({ kind: 'wait', code: 'cloudcall_elsewhere' })
})
