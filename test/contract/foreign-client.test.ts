/** The simulator under a client library that others wrote for the real WeChat: what it takes for granted has to be there. */
import { createRequire } from 'node:module'
import { inspectPicture } from '@sunpress/image'
import { readNote, startSimulator } from '@sunpress/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The part of co-wechat-api (no types of its own) that asks for codes. */
interface ForeignClient {
  prefix: string
  wxaPrefix: string
  getWXACodeUnlimit(scene: string, page: string, width?: number): Promise<Buffer>
  getWXACode(path: string, width?: number): Promise<Buffer>
  createWXAQRCode(path: string, width?: number): Promise<Buffer>
}
type ForeignClass = new (appid: string, secret: string) => ForeignClient

const CoWechatApi = createRequire(import.meta.url)('co-wechat-api') as ForeignClass
const APPID = 'wx0123456789abcdef'

let simulator: Awaited<ReturnType<typeof startSimulator>>
let client: ForeignClient

beforeAll(async () => {
  simulator = await startSimulator()
  client = new CoWechatApi(APPID, 'any-secret')
  client.prefix = `${simulator.url}/cgi-bin/`
  client.wxaPrefix = `${simulator.url}/wxa/`
})
afterAll(() => simulator.close())

const admin = (method: string, path: string, body?: object) =>
  fetch(`${simulator.adminUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })

describe('co-wechat-api', () => {
  it('gets a round code that carries its scene', async () => {
    const picture = await client.getWXACodeUnlimit('s=1', 'pages/index/index')
    expect(inspectPicture(picture, { format: 'jpg', width: 430 })).toMatchObject({ whole: true })
    expect(readNote(picture)?.params).toMatchObject({ scene: 's=1', page: 'pages/index/index' })
  })

  it('gets codes of the limited endpoints', async () => {
    for (const picture of [
      await client.getWXACode('pages/a?b=1', 280),
      await client.createWXAQRCode('pages/a?b=1', 280),
    ]) {
      expect(inspectPicture(picture, { format: 'jpg', width: 280 })).toMatchObject({ whole: true })
      expect(readNote(picture)?.params).toMatchObject({ path: 'pages/a?b=1' })
    }
  })

  it('renews a token that was revoked, and goes on', async () => {
    await admin('POST', '/tokens/revoke', { appid: APPID })
    const picture = await client.getWXACodeUnlimit('s=2', 'pages/index/index')
    expect(readNote(picture)?.params).toMatchObject({ scene: 's=2' })
  })

  it('tells an errcode from a picture', async () => {
    await expect(client.getWXACodeUnlimit('with%percent', 'pages/index/index')).rejects.toMatchObject({
      code: 40129,
    })
  })
})
