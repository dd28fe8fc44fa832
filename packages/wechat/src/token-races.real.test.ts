/** Processes, hosts and fleets whose tokens cross: who fetches, who drops what another has fetched, and who must not stop the others. */
import { type App, DEFAULT_QUOTAS, Secret } from '@sunpress/core'
import { appKeys } from '@sunpress/redis'
import { describe, expect, it } from 'vitest'
import { CLASSIC, STABLE } from './testing/token-book.js'
import {
  APP_SECRET,
  APPID,
  faultOf,
  getToken,
  keyOf,
  printAll,
  type TokenFleet,
  textOf,
} from './testing/token-fleet.js'
import { book, fleet, redis, wechat } from './testing/use-token-fleets.js'
import type { TokensTerms } from './tokens.js'

describe('two fleets', () => {
  it('that share nothing but stable_token use one token, and end none of each other', async () => {
    const [ours, theirs] = [fleet(2), fleet(2)]
    for (let round = 0; round < 3; round++) {
      expect(await printAll(ours, 5)).toBe(true)
      expect(await printAll(theirs, 5)).toBe(true)
    }
    expect(await textOf(ours.join())).toBe(await textOf(theirs.join()))
    expect(book.asked(STABLE)).toBe(2)
  })

  it('on the classic endpoint end each other’s token, and each asks once for each time', async () => {
    const [ours, theirs] = [fleet(2, 'classic'), fleet(2, 'classic')]
    expect(await printAll(ours, 5)).toBe(true)
    for (let round = 0; round < 3; round++) {
      expect(await printAll(theirs, 5)).toBe(true)
      book.passGrace()
      await ours.age()
      expect(await printAll(ours, 5)).toBe(true)
      book.passGrace()
      await theirs.age()
    }
    expect(book.asked(CLASSIC)).toBe(7)
    expect(wechat.asked.find(({ path }) => path === CLASSIC)?.query.get('secret')).toBe(APP_SECRET)
  })
})

describe('an intruder', () => {
  it('who forces a new token every 30 s costs one refresh for each', async () => {
    const ours = fleet(3)
    expect(await printAll(ours, 10)).toBe(true)
    for (let round = 1; round <= 5; round++) {
      await ours.age({}, 30_000)
      const forced = book.force()
      expect(await printAll(ours, 10)).toBe(true)
      expect(await textOf(ours.join())).toBe(forced)
      expect(book.asked(STABLE)).toBe(1 + round)
    }
    expect(wechat.asked.some(({ body }) => body.includes('force_refresh'))).toBe(false)
  })
})

describe('a token that WeChat refuses though it keeps giving it back', () => {
  it('is forced away after three refusals, for the whole fleet once', async () => {
    const ours = fleet(2)
    expect(await printAll(ours, 2)).toBe(true)
    book.refuseAll(true)
    for (let refusal = 1; refusal <= 3; refusal++) {
      await ours.age(refusal === 3 ? { refusedSince: 0 } : {})
      expect(book.isGood(await textOf(ours.join()))).toBe(false)
      await ours.processes[0]?.drop(APPID, await getToken(ours.join()))
    }
    await ours.age({ refusedSince: 0 })
    expect(await printAll(ours, 5)).toBe(true)
    const forced = wechat.asked.filter(({ body }) => body.includes('"force_refresh":true'))
    expect(forced).toHaveLength(1)
    expect(await redis.hget(keyOf(ours), 'forces')).toBe('1')
  })
})

describe('one host whose AppSecret is stale', () => {
  const RIGHT = 'a'.repeat(32)
  const WRONG = 'b'.repeat(32)
  const joinWith = (ours: TokenFleet, secret: string, more: Partial<TokensTerms> = {}) => {
    const credential = { kind: 'secret', appSecret: new Secret(secret), endpoint: 'stable' } as const
    const app: App = { appid: APPID, name: 'Shops', credential, quotas: DEFAULT_QUOTAS }
    return ours.join({ apps: () => app, cacheMs: 0, ...more })
  }
  const accept = (good: string) =>
    wechat.script(STABLE, (response, { body }) => {
      const isGood = (JSON.parse(body) as { secret: string }).secret === good
      const refused = { errcode: 40125, errmsg: 'invalid appsecret' }
      response.end(JSON.stringify(isGood ? { access_token: `92_${good}`, expires_in: 7_200 } : refused))
    })
  const differs = {
    kind: 'wait',
    code: 'token_credential_differs',
    message: expect.stringContaining('differs'),
  }

  it('puts its scenes back, asks WeChat once a minute, and stops nobody else', async () => {
    accept(RIGHT)
    const ours = fleet(0)
    const [good, odd] = [joinWith(ours, RIGHT), joinWith(ours, WRONG)]
    expect(await textOf(good)).toBe(`92_${RIGHT}`)
    await ours.age()
    for (let time = 0; time < 3; time++) {
      expect(await faultOf(getToken(odd))).toMatchObject(differs)
      await ours.age()
      expect(await textOf(good)).toBe(`92_${RIGHT}`)
    }
    expect(book.asked(STABLE)).toBe(2)
    expect(await redis.hexists(keyOf(ours), 'failure')).toBe(0)
  })

  it('is the old one when the AppSecret was changed properly', async () => {
    accept(RIGHT)
    const ours = fleet(0)
    const old = joinWith(ours, RIGHT)
    expect(await textOf(old)).toBe(`92_${RIGHT}`)
    await ours.age()
    accept(WRONG)
    expect(await textOf(joinWith(ours, WRONG))).toBe(`92_${WRONG}`)
    await ours.age()
    expect(await faultOf(getToken(old))).toMatchObject(differs)
    expect(await textOf(joinWith(ours, WRONG))).toBe(`92_${WRONG}`)
  })

  it('keeps nobody out when it asks first', async () => {
    accept(RIGHT)
    const ours = fleet(0)
    const odd = joinWith(ours, WRONG)
    expect(await faultOf(getToken(odd))).toMatchObject({ kind: 'hold', scope: 'app', code: 'token_40125' })
    expect(await textOf(joinWith(ours, RIGHT))).toBe(`92_${RIGHT}`)
    expect(await faultOf(getToken(odd))).toMatchObject(differs)
  })

  it('is every host when nobody uses the old token any longer: that holds the app', async () => {
    accept(RIGHT)
    const ours = fleet(0)
    await textOf(joinWith(ours, RIGHT))
    const odd = joinWith(ours, WRONG)
    await ours.age({ usedAt: 0 })
    expect(await faultOf(getToken(odd))).toMatchObject(differs)
    const since = Object.keys(await redis.hgetall(keyOf(ours))).find((name) =>
      name.startsWith('barredSince:'),
    )
    await ours.age({ [since ?? '']: 0 })
    expect(await faultOf(getToken(odd))).toMatchObject({ kind: 'hold', scope: 'app', code: 'token_40125' })
  })
})

describe('an older token', () => {
  it.each(['stable', 'classic'] as const)(
    'that arrives after a newer one is not stored over it: %s',
    async (endpoint) => {
      const path = endpoint === 'stable' ? STABLE : CLASSIC
      // The slow answer comes when it is let go, not when the time of its call is over.
      const ours = fleet(2, endpoint, { flightMs: 60_000 })
      const [slow, quick] = ours.processes
      if (slow === undefined || quick === undefined) throw new Error('two processes')
      let release = () => {}
      const older = JSON.stringify({ access_token: '92_older', expires_in: 7_200 })
      wechat.script(
        path,
        (response) => {
          release = () => response.end(older)
        },
        { access_token: '92_newer', expires_in: 7_200 },
      )
      const late = textOf(slow)
      await wechat.until(() => wechat.asked.length === 1)
      // Its process was stopped for so long that its flight is over.
      await redis.del(appKeys(ours.namespace, APPID).tokenFlight)
      expect(await textOf(quick)).toBe('92_newer')
      release()
      expect(await late).toBe('92_newer')
      expect(await textOf(ours.join())).toBe('92_newer')
      expect(book.asked(path)).toBe(2)
    },
  )
})

describe('an end in the middle of a burst', () => {
  it.each([
    ['stable', STABLE],
    ['classic', CLASSIC],
  ] as const)('of 200 callers in 3 processes costs one refresh: %s', async (endpoint, path) => {
    const ours = fleet(3, endpoint)
    expect(await printAll(ours, 1)).toBe(true)
    for (let round = 1; round <= 3; round++) {
      await ours.age()
      const halfway = Promise.all(ours.processes.map(ours.print))
      const burst = printAll(ours, 67)
      await halfway
      book.expire()
      expect(await burst).toBe(true)
      expect(await printAll(ours, 1)).toBe(true)
      expect(book.asked(path)).toBe(1 + round)
    }
  })
})
