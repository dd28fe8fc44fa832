/** A cloud call and an HTTP call of the same code: the same picture, or the same fault. */
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type AnyFault,
  type AppId,
  type CodeApi,
  type CodeCall,
  DEFAULT_LOOK,
  ERRCODE_TABLE,
  isFault,
  type Look,
  Secret,
} from '@sunpress/core'
import { createHttpClient, type HttpClient } from '@sunpress/http'
import { inspectPicture } from '@sunpress/image'
import { systemClock as clock } from '@sunpress/runtime'
import { readNote, type Simulator, startSimulator } from '@sunpress/simulator'
import { createCloudCallApi, createCodeApi, loadCloud } from '@sunpress/wechat'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const SDK = fileURLToPath(new URL('../services/wx-server-sdk.cjs', import.meta.url))
const FUNCTION = dirname(fileURLToPath(new URL('../../infra/cloudcall/config.json', import.meta.url)))
const OWN = 'wx00000000000000a1' as AppId
const SHARED = 'wx00000000000000a2' as AppId
const STRANGER = 'wx00000000000000a3' as AppId
const PAGE = 'pages/index/index'
const NO_TOKEN = { value: new Secret(''), sentAs: 'none' } as const

let simulator: Simulator
let http: HttpClient
let overHttp: CodeApi
let overCloud: CodeApi
const counted = { http: [] as string[], cloud: [] as string[] }

beforeAll(async () => {
  const apps = [OWN, SHARED, STRANGER].map((appid) => ({ appid, pages: [PAGE], limitedLifetime: 3 }))
  simulator = await startSimulator({ apps, hosting: { appid: OWN, shared: [SHARED] } })
  vi.stubEnv('SIMULATOR_URL', simulator.url)
  vi.stubEnv('CLOUD_FUNCTION', FUNCTION)
  const random = () => 0
  const observer = (told: string[]) => ({
    called: (_app: string, endpoint: string, errcode: string) => told.push(`${endpoint} ${errcode}`),
    numUsed: () => {},
  })
  http = createHttpClient({ baseUrl: simulator.url, clock, random, reserve: 0 })
  overHttp = createCodeApi({ http, clock, random, observer: observer(counted.http) })
  const cloud = await loadCloud(() => createRequire(import.meta.url)(SDK))
  const isShared = (app: string) => app !== OWN
  overCloud = createCloudCallApi({ cloud, clock, random, isShared, observer: observer(counted.cloud) })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await http?.destroy()
  await simulator?.close()
})

const tokens = new Map<AppId, Secret>()
async function tokenOf(app: AppId): Promise<Secret> {
  const known = tokens.get(app)
  if (known !== undefined) return known
  const body = JSON.stringify({ grant_type: 'client_credential', appid: app, secret: 'any' })
  const answer = await fetch(`${simulator.url}/cgi-bin/stable_token`, { method: 'POST', body })
  const token = new Secret(((await answer.json()) as { access_token: string }).access_token)
  tokens.set(app, token)
  return token
}

const callOf = (
  scene: string,
  look: Partial<Look> = {},
  endpoint: CodeCall['endpoint'] = 'getwxacodeunlimit',
  app = OWN,
): CodeCall => ({ app, endpoint, scene, look: { ...DEFAULT_LOOK, page: PAGE, ...look } })

const permit = { dueMs: 0, notAfterMs: Infinity }
const { signal } = new AbortController()

/** What came, without what is of the moment: rids, and how long it is until the next minute. */
const outcomeOf = async (request: Promise<Uint8Array>): Promise<unknown> =>
  await request.then(
    (bytes) => ({ sha256: hash('sha256', bytes) }),
    (fault: unknown) => (isFault(fault) ? describeFault(fault) : fault),
  )

const withoutRid = (text: string): string => text.replace(/ rid: [0-9a-f-]+/, ' rid')

function describeFault(fault: AnyFault): unknown {
  const words = 'words' in fault ? fault.words : null
  if (words !== null) expect(words.rid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/)
  return {
    ...fault,
    message: withoutRid(fault.message),
    words: words && { ...words, errmsg: withoutRid(words.errmsg), rid: null },
    ...('reason' in fault && fault.reason.endsWith('quota') ? { forMs: 0 } : {}),
  }
}

async function both(call: CodeCall): Promise<readonly [http: unknown, cloud: unknown]> {
  const token = { value: await tokenOf(call.app) }
  return [
    await outcomeOf(overHttp.request(call, token, permit, signal)),
    await outcomeOf(overCloud.request(call, NO_TOKEN, permit, signal)),
  ]
}

describe('the same parameters give the same picture', () => {
  it.each<[string, CodeCall]>([
    ['defaults', callOf('s=1')],
    ['a scene of all characters', callOf("!#$&'()*+,/:;=?@-._~09azAZ")],
    ['another width', callOf('s=1', { width: 280 })],
    ['a coloured line', callOf('s=1', { lineColor: { r: 1, g: 2, b: 255 } })],
    ['an automatic colour', callOf('s=1', { autoColor: true })],
    [
      'a trial of a page that is not released',
      callOf('s=1', { page: 'x/y', checkPath: false, envVersion: 'trial' }),
    ],
    ['transparent', callOf('s=1', { hyaline: true, format: 'png' })],
    ['a round code of a path', callOf('pages/a?x=1', { hyaline: true, format: 'png' }, 'getwxacode')],
    ['a square one', callOf('pages/a?x=1', {}, 'createwxaqrcode')],
    ["another account's", callOf('s=1', {}, 'getwxacodeunlimit', SHARED)],
  ])('%s', async (_, call) => {
    const [http, cloud] = await both(call)
    expect(cloud).toEqual(http)
    const bytes = await overCloud.request(call, NO_TOKEN, permit, signal)
    expect(inspectPicture(bytes, call.look)).toMatchObject({ whole: true })
    const carried = call.endpoint === 'getwxacodeunlimit' ? 'scene' : 'path'
    expect(readNote(bytes)).toMatchObject({ appid: call.app, params: { [carried]: call.scene } })
  })
})

describe('the same parameters give the same fault', () => {
  it.each<[string, CodeCall, object]>([
    ['a bad scene', callOf('s=%'), { kind: 'refuse', code: 'invalid_scene' }],
    ['a long scene', callOf('s'.repeat(33)), { kind: 'refuse', code: 'invalid_scene' }],
    ['a page that is not released', callOf('s=1', { page: 'x/y' }), { kind: 'refuse', code: 'invalid_page' }],
    ['no page', callOf('s=1', { page: null }), { kind: 'refuse', code: 'missing_page' }],
    ['a wrong width', callOf('s=1', { width: 9 }), { kind: 'refuse', code: 'invalid_width' }],
    ['no path', callOf('', {}, 'createwxaqrcode'), { kind: 'refuse', code: 'invalid_path' }],
    [
      'what JSON has to escape',
      callOf('a\u0007', {}, 'getwxacode'),
      { kind: 'refuse', code: 'invalid_data' },
    ],
  ])('%s', async (_, call, expected) => {
    const [http, cloud] = await both(call)
    expect(cloud).toMatchObject(expected)
    expect(cloud).toEqual(http)
  })

  const orderFault = async (fault: object): Promise<void> => {
    const body = JSON.stringify([fault])
    const answer = await fetch(`${simulator.adminUrl}/faults`, { method: 'PUT', body })
    expect(await answer.text()).not.toContain('errors')
  }

  it.each(ERRCODE_TABLE.filter(({ places }) => places.includes('code')).map(({ errcode }) => errcode))(
    'errcode %i',
    async (errcode) => {
      await orderFault({ kind: 'errcode', errcode, errmsg: 'said so', count: 2 })
      const [http, cloud] = await both(callOf('s=1'))
      expect(cloud).toEqual(http)
      expect([counted.http.at(-1), counted.cloud.at(-1)]).toEqual(
        Array(2).fill(`getwxacodeunlimit ${errcode}`),
      )
    },
  )

  it.each([
    ['empty_200', { kind: 'retry', code: 'upstream_empty' }],
    ['json_as_image', { kind: 'retry', code: 'upstream_-1' }],
    ['html_page', { kind: 'retry', code: 'upstream_not_a_picture' }],
    ['cut_short_right_length', { sha256: expect.any(String) }],
  ])('an answer of %s', async (kind, expected) => {
    await orderFault({ kind, count: 2 })
    const [http, cloud] = await both(callOf('s=1'))
    expect(cloud).toMatchObject(expected)
    expect(cloud).toEqual(http)
  })
})

describe('a cloud call alone', () => {
  const cloudFault = async (call: CodeCall): Promise<unknown> => (await both(call))[1]

  it('takes no path of more than 128 bytes, and says so before it is made', async () => {
    const made = counted.cloud.length
    const path = `pages/a?x=${'1'.repeat(200)}`
    const fault = { kind: 'refuse', code: 'path_too_long', message: expect.stringContaining('at most 128') }
    expect(await cloudFault(callOf(path, {}, 'getwxacode'))).toMatchObject(fault)
    expect(counted.cloud).toHaveLength(made)
  })

  it('without its permission holds the app for ten minutes, and says what to declare', async () => {
    vi.stubEnv('CLOUD_FUNCTION', '/nowhere')
    const message = expect.stringContaining('declare wxacode in its config.json')
    const hold = { kind: 'hold', scope: 'app', reason: 'app_held', forMs: 600_000, message }
    const asked = overCloud.request(callOf('s=1'), NO_TOKEN, permit, signal)
    await expect(asked).rejects.toMatchObject(hold)
    vi.stubEnv('CLOUD_FUNCTION', FUNCTION)
  })

  it('for an account that shares nothing with ours holds that app', async () => {
    const call = callOf('s=1', {}, 'getwxacodeunlimit', STRANGER)
    expect(await cloudFault(call)).toMatchObject({ kind: 'hold', scope: 'app', code: 'upstream_85105' })
  })
})
