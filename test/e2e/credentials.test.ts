/**
 * Each kind of credential from outside, while its tokens are stolen, revoked, withheld and replaced. Every process is a real one; two
 * workers, so that a token is everybody's. Third-party platforms: platform.test.ts; cloud functions: cloudcall.test.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Campaign } from './api.js'
import { writeAppsFile } from './apps-file.js'
import { appid, type Installation, startInstallation } from './installation.js'
import { createQuotaDesk, type QuotaDesk } from './quota-desk.js'
import { startTokenService, type TokenService } from './token-service.js'

const STABLE = appid(1)
const CLASSIC = appid(2)
const SERVED = appid(3)
const CLOUDBASE = appid(4)
const HOSTED = appid(5)
const SERVICE_KEY = 'canary-service-key-0123456789abcdef'
const BY_SECRET = { kind: 'secret', appSecret: 'env:E2E_APP_SECRET' }

// A job that was put back in the moment of a resume waits for 60 s at most.
vi.setConfig({ testTimeout: 120_000 })

let folder: string
let works: Installation
let desk: QuotaDesk
let service: TokenService
/** Tokens of the cloud's platform, of which none may be seen. */
const cloudTokens: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sunpress-credentials-'))
  let simulatorUrl = ''
  const headers = { 'x-service-key': 'env:E2E_SERVICE_KEY' }
  service = await startTokenService({
    key: SERVICE_KEY,
    fetchToken: (anew) => fetchToken(simulatorUrl, SERVED, anew),
  })
  const front = async (url: string): Promise<string> => {
    simulatorUrl = url
    await writeAppsFile(join(folder, 'apps.yaml'), [
      { appid: STABLE },
      { appid: CLASSIC, credential: { ...BY_SECRET, endpoint: 'classic' } },
      {
        appid: SERVED,
        credential: {
          ...{
            kind: 'external',
            url: `${service.url}/token`,
            rejectedUrl: `${service.url}/rejected`,
            headers,
          },
          ...{ tokenPath: 'data.token', expiresPath: 'data.secondsLeft' },
        },
      },
      {
        appid: CLOUDBASE,
        credential: { kind: 'cloudbase', token: `file:${join(folder, 'cloudbase-token')}` },
      },
      { appid: HOSTED, credential: { kind: 'cloudrun', baseUrl: url } },
    ])
    return url
  }
  works = await startInstallation({
    front,
    env: { SUNPRESS_APPS_FILE: join(folder, 'apps.yaml'), E2E_SERVICE_KEY: SERVICE_KEY },
  })
  desk = createQuotaDesk(works)
  await Promise.all([works.startWorker(), works.startWorker()])
})
afterAll(async () => {
  await works?.stop()
  await service?.close()
  await rm(folder, { recursive: true, force: true })
})

async function fetchToken(url: string, app: string, anew: boolean): Promise<string> {
  const body = { grant_type: 'client_credential', appid: app, secret: 's', force_refresh: anew }
  const answer = await fetch(`${url}/cgi-bin/stable_token`, { method: 'POST', body: JSON.stringify(body) })
  return ((await answer.json()) as { access_token: string }).access_token
}

let printed = 0
/** A campaign that waits while the other kinds are tried. */
let classicEnds: Promise<void> = Promise.resolve()
const COUNT = 40
const begin = (app: string): Promise<Campaign> => {
  const name = ++printed
  return desk.print(app, { scenes: Array.from({ length: COUNT }, (_, n) => `c=${name}&s=${n}`) })
}
const ends = async ({ id }: Campaign): Promise<void> => {
  expect((await works.api.completed(id)).counts).toMatchObject({ published: COUNT, refused: 0 })
}
const print = async (app: string): Promise<void> => ends(await begin(app))

const passTime = (ms: number) => works.admin.tell('PUT', '/clock', { advanceMs: ms })
const intrude = (app: string, line: string, everyMs: number) =>
  works.admin.tell('PUT', '/intruder', { appid: app, line, everyMs })
const revoke = (app: string) => works.admin.tell('POST', '/tokens/revoke', { appid: app })
const intrusions = async (): Promise<number> =>
  (await works.admin.tell<{ refreshes: number }>('GET', '/intruder')).refreshes

/** What is due of the intruder is done when the simulated WeChat is asked anything. */
async function intrudedOnce(): Promise<void> {
  await fetch(works.simulator.url)
  expect(await intrusions()).toBe(1)
  await works.admin.tell('DELETE', '/intruder')
}

interface Counters {
  readonly otherPaths?: Readonly<Record<string, number>>
  readonly tokens: { readonly forceRefreshes: number }
}
async function tokenCalls(app: string, path: string): Promise<number> {
  const { apps } = await works.admin.tell<{ apps: Record<string, Counters> }>('GET', `/counters?appid=${app}`)
  expect(apps[app]?.tokens.forceRefreshes ?? 0).toBe(0)
  return apps[app]?.otherPaths?.[path] ?? 0
}

describe('an AppSecret on the classic line', () => {
  const PATH = '/cgi-bin/token'
  let waiting: Campaign

  it('prints on beside somebody who refreshes all the time, and asks for nothing', async () => {
    await print(CLASSIC)
    await intrude(CLASSIC, 'classic', 10_000)
    await passTime(20_000)
    await print(CLASSIC)
    expect(await intrusions()).toBeGreaterThanOrEqual(2)
    expect(await tokenCalls(CLASSIC, PATH)).toBe(1)
    expect(await desk.outcomes(CLASSIC)).toEqual({ picture: 2 * COUNT })
  })

  it('meets the end of its token with one more call for all, and no scene pays', async () => {
    await passTime(301_000)
    waiting = await begin(CLASSIC)
    // Such calls are 2,000 a day: the next one is made 45 s after the last, while others print.
    classicEnds = ends(waiting).then(async () => {
      expect(await tokenCalls(CLASSIC, PATH)).toBe(2)
    })
    classicEnds.catch(() => undefined)
    await expect.poll(async () => (await desk.outcomes(CLASSIC))[40001] ?? 0).toBeGreaterThan(0)
  })
})

describe('an AppSecret on the stable line', () => {
  it('survives somebody who forces a refresh every 30 s: one call for a token each time, for the whole fleet', async () => {
    const path = '/cgi-bin/stable_token'
    await print(STABLE)
    for (const times of [1, 2]) {
      await intrude(STABLE, 'stable', 30_000)
      await passTime(30_000)
      // Its clock goes on while we print: one refresh each time, however long that takes.
      await intrudedOnce()
      await print(STABLE)
      expect(await tokenCalls(STABLE, path)).toBe(1 + times)
    }
    expect(await desk.outcomes(STABLE)).toMatchObject({ picture: 3 * COUNT })
    expect(await desk.metric('sunpress_faults_total', { app: STABLE, next: 'retry' })).toBe(0)
  })
})

describe('a company’s token service', () => {
  it('is asked once for all, and told when WeChat refused what it gave', async () => {
    await print(SERVED)
    expect([service.asked(), service.told()]).toEqual([1, []])
    await revoke(SERVED)
    await print(SERVED)
    expect([service.asked(), service.told()]).toEqual([2, [{ appid: SERVED }]])
  })

  it('may be down: nobody pays, and all goes on by itself when it is back', async () => {
    service.breaks(true)
    await revoke(SERVED)
    const waiting = await begin(SERVED)
    await service.refusedTimes(2)
    const { counts } = await works.api.campaign(waiting.id)
    expect(counts).toMatchObject({ published: 0, refused: 0, pending: COUNT })
    service.breaks(false)
    await ends(waiting)
    expect(await desk.metric('sunpress_faults_total', { app: SERVED, next: 'retry' })).toBe(0)
  })
})

describe('a cloud’s token in a file', () => {
  const newToken = async (keepOld: boolean): Promise<string> => {
    const made = await works.admin.tell<{ token: string }>('POST', '/cloudbase', {
      appid: CLOUDBASE,
      keepOld,
    })
    cloudTokens.push(made.token)
    return made.token
  }
  const keep = (token: string) => writeFile(join(folder, 'cloudbase-token'), `${token}\n`)

  it('is waited for, and read again as it changes', async () => {
    const waiting = await begin(CLOUDBASE)
    const { message } = await desk.holdOf(CLOUDBASE, 'token')
    expect(message).toContain(`the platform has written none to ${join(folder, 'cloudbase-token')}`)
    await keep(await newToken(false))
    await desk.resume(CLOUDBASE)
    await ends(waiting)
  })

  it('that WeChat refuses holds the app until there is another', async () => {
    const next = await newToken(false)
    const waiting = await begin(CLOUDBASE)
    const { message } = await desk.holdOf(CLOUDBASE, 'token')
    expect(message).toMatch(/WeChat refused the one of .*, and the platform has written no other yet/)
    await keep(next)
    await ends(waiting)
    expect((await desk.app(CLOUDBASE)).holds).toEqual([])
  })
})

describe('cloud hosting', () => {
  const host = (more: object) => works.admin.tell('PUT', '/hosting', { appid: HOSTED, ...more })

  it('prints without a token, and says what is wrong with its sidecar meanwhile', async () => {
    const waiting = await begin(HOSTED)
    const advice: [object, RegExp][] = [
      [{ seqid: false }, /sidecar did not answer.*no x-openapi-seqid/],
      [{ paths: ['/wxa/getwxacode'] }, /502.*put this path on the open API service's list in the console/],
      [{ paths: ['/wxa/getwxacode'], notListed: '85107' }, /open API's list in the console.*85107/],
      [{ errcode: 85113 }, /not ready yet.*85113/],
    ]
    for (const [order, said] of advice) {
      await host(order)
      await desk.resume(HOSTED)
      await desk.appWhen(
        HOSTED,
        ({ holds }) => holds?.some(({ message }) => said.test(message ?? '')) === true,
      )
    }
    expect((await works.api.campaign(waiting.id)).counts).toMatchObject({ published: 0, refused: 0 })
    await host({})
    await desk.resume(HOSTED)
    await ends(waiting)
  })
})

it('ends what waited for its classic token', () => classicEnds)

it('shows no token and no key of these kinds', () => {
  const logs = works.services
    .filter((each) => each !== works.simulator)
    .map((each) => each.everything())
    .join('\n')
  expect(cloudTokens).toHaveLength(2)
  for (const secret of [SERVICE_KEY, ...cloudTokens]) expect(logs).not.toContain(secret)
})
