import type { AppId } from '@sunpress/core'
import { beforeEach, expect, it } from 'vitest'
import { type CloudbaseTokens, createCloudbaseTokens } from './cloudbase-tokens.js'

const app = 'wx0123456789abcdef' as AppId
const place = { kind: 'env', name: 'CLOUD_TOKEN' } as const
let nowMs: number
let environment: Record<string, string | undefined>
let tokens: CloudbaseTokens
beforeEach(() => {
  nowMs = 0
  environment = { CLOUD_TOKEN: ' one\n' }
  tokens = createCloudbaseTokens({ clock: { monotonic: () => nowMs }, environment })
})
const value = async () => (await tokens.get(app, place)).value.reveal()

it('gives what stands there, to be sent as cloudbase_access_token', async () => {
  expect(await tokens.get(app, place)).toMatchObject({ sentAs: 'cloudbase_access_token' })
  expect(await value()).toBe('one')
})

it('looks again after two seconds, and no sooner', async () => {
  await value()
  environment['CLOUD_TOKEN'] = 'two'
  nowMs = 1_999
  expect(await value()).toBe('one')
  nowMs = 2_000
  expect(await value()).toBe('two')
})

it('does not use one again that WeChat refused, and says what it waits for', async () => {
  const failed = await tokens.get(app, place)
  tokens.drop(app, failed)
  nowMs = 10_000
  await expect(value()).rejects.toMatchObject({
    kind: 'hold',
    scope: 'app',
    reason: 'token',
    code: 'token_cloudbase_refused',
    message: expect.stringContaining('CLOUD_TOKEN'),
  })
  environment['CLOUD_TOKEN'] = 'two'
  nowMs = 20_000
  expect(await value()).toBe('two')
})

it.each(['evil\ntoken\r\nx', 'a\0b', 'a b', '票', 'x'.repeat(2_049)])(
  'holds the app for a text that can be no token: %j',
  async (text) => {
    environment['CLOUD_TOKEN'] = text
    const expected = { kind: 'hold', reason: 'token', code: 'token_cloudbase_not_a_token' }
    await expect(value()).rejects.toMatchObject(expected)
  },
)

it.each([undefined, '', '  \n'])('says that there is none: %j', async (text) => {
  environment['CLOUD_TOKEN'] = text
  await expect(value()).rejects.toMatchObject({
    kind: 'hold',
    reason: 'token',
    code: 'token_cloudbase_missing',
  })
})
