/** What keeps a fleet from a new token: endpoints that are spared, hang, fail or refuse, addresses not let in, and clocks that are wrong. */
import { isFault } from '@sunpress/core'
import { createHttpClient } from '@sunpress/http'
import { describe, expect, it } from 'vitest'
import { realClock } from './testing/real-clock.js'
import { CLASSIC, STABLE } from './testing/token-book.js'
import { APPID, faultOf, getToken, keyOf, printAll, textOf } from './testing/token-fleet.js'
import { book, fleet, keepNewBook, redis, said, wechat } from './testing/use-token-fleets.js'

describe('the classic endpoint', () => {
  it('is asked at most 2,000 times a day, whether it gives tokens or not', async () => {
    const ours = fleet(1, 'classic')
    const [process] = ours.processes
    if (process === undefined) throw new Error('a process')
    /** From the call that is told by that field to the next one. */
    const apartMs = async (calledAt: string) => {
      const [next, last] = await redis.hmget(keyOf(ours), 'retryAt', calledAt)
      return Number(next) - Number(last)
    }
    const old = await getToken(process)
    await process.drop(APPID, old)
    expect(await apartMs('obtainedAt')).toBeGreaterThan(43_200)
    expect(await faultOf(getToken(process))).toMatchObject({ kind: 'wait', code: 'token_spared' })
    wechat.script(CLASSIC, { errcode: -1, errmsg: 'system error' })
    await ours.age()
    expect(await faultOf(getToken(process))).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    expect(await apartMs('failingSince')).toBeGreaterThan(43_200)
    expect(book.asked(CLASSIC)).toBe(2)
  })
})

describe('a refresh endpoint', () => {
  it('that hangs makes nobody wait while the old token works, and is asked by one', async () => {
    const ours = fleet(3, 'stable', { flightMs: 60_000 })
    const old = await textOf(ours.join())
    let hanging = 0
    wechat.script(STABLE, (response) => {
      hanging++
      response.on('close', () => hanging--)
    })
    await ours.age({ renewAt: 0 })
    expect(await printAll(ours, 20)).toBe(true)
    expect(await textOf(ours.join())).toBe(old)
    await wechat.until(() => book.asked(STABLE) === 2)
    expect(hanging).toBe(1)
  })

  it('that hangs when there is no token makes everybody wait with one call after the other', async () => {
    wechat.script(STABLE, () => {})
    const { random } = Math
    const timeouts = { headersMs: 1_000 }
    const impatient = createHttpClient({
      baseUrl: wechat.url,
      clock: realClock,
      random,
      reserve: 0,
      timeouts,
    })
    // The call ends long before its flight, and is not made again for 5 s: should the machine pause, nobody takes over.
    const terms = { http: impatient, flightMs: 60_000, random: () => 0.99 }
    const ours = fleet(3, 'stable', terms)
    const faults = await Promise.all(ours.processes.map((process) => faultOf(getToken(process))))
    for (const fault of faults) expect(fault).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    await wechat.until(() => book.asked(STABLE) > 0)
    expect(book.asked(STABLE)).toBe(1)
    await impatient.destroy()
  })

  it('that is down is asked once by all, and the old token goes on being used', async () => {
    const ours = fleet(3)
    const old = await textOf(ours.join())
    wechat.script(STABLE, (response) => response.writeHead(502).end())
    await ours.age({ renewAt: 0 })
    expect(await printAll(ours, 5)).toBe(true)
    await expect.poll(() => redis.hexists(keyOf(ours), 'failure')).toBe(1)
    // Its wait is of 2 to 5 s: here it lasts to the end of the test.
    const retryAt = Number(await redis.hget(keyOf(ours), 'retryAt'))
    expect(retryAt).toBeGreaterThan(0)
    await redis.hset(keyOf(ours), { retryAt: retryAt + 60_000 })
    expect(await printAll(ours, 5)).toBe(true)
    expect(await textOf(ours.join())).toBe(old)
    await redis.hset(keyOf(ours), { usableUntil: 0 })
    const faults = await Promise.all(Array.from({ length: 5 }, () => faultOf(getToken(ours.join()))))
    for (const fault of faults) expect(fault).toMatchObject({ kind: 'wait', code: 'token_unavailable' })
    expect(book.asked(STABLE)).toBe(2)
  })

  it('whose day is used up (45009) is left alone until the next, by all', async () => {
    said(45009, 'reach max api daily quota limit')
    const ours = fleet(2)
    for (const process of ours.processes) {
      expect(await faultOf(getToken(process))).toMatchObject({
        kind: 'hold',
        code: 'token_45009',
        reason: 'token',
      })
    }
    expect(book.asked(STABLE)).toBe(1)
    const leftMs = Number(await redis.hget(keyOf(ours), 'retryAt')) - realClock.now()
    expect((realClock.now() + leftMs + 8 * 3_600_000) % 86_400_000).toBeLessThan(6 * 60_000)
  })

  it('is asked again at once when somebody has mended it', async () => {
    said(40125, 'invalid appsecret')
    const ours = fleet(2)
    const [process] = ours.processes
    if (process === undefined) throw new Error('a process')
    expect(await faultOf(getToken(process))).toMatchObject({ kind: 'hold', code: 'token_40125' })
    keepNewBook()
    await process.lift(APPID)
    expect(await printAll(ours, 2)).toBe(true)
  })
})

describe('an address that WeChat does not let in', () => {
  const IP = 'invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist'

  it('is named, goes on with an unexpired token, and is told by one call', async () => {
    const ours = fleet(3)
    const old = await textOf(ours.join())
    said(40164, IP)
    await ours.age({ renewAt: 0 })
    expect(await printAll(ours, 5)).toBe(true)
    expect(await textOf(ours.join())).toBe(old)
    const fields = () => redis.hkeys(keyOf(ours))
    await expect.poll(fields).toContainEqual(expect.stringMatching(/^bar:/))
    await redis.hset(keyOf(ours), { usableUntil: 0, retryAt: 0 })
    const fault = await faultOf(getToken(ours.join()))
    expect(fault).toMatchObject({ kind: 'hold', code: 'token_40164', reason: 'token' })
    expect(String(fault)).toContain('1.2.3.4')
    expect(book.asked(STABLE)).toBe(2)
  })

  it.each([
    [40164, 60_000],
    [89503, 600_000],
    [89506, 86_400_000],
    [89507, 3_600_000],
  ])('keeps its host away for as long as WeChat says: %d', async (errcode, forMs) => {
    said(errcode)
    const ours = fleet(2, 'stable', { host: 'here' })
    const fromMs = realClock.now()
    for (const process of ours.processes) {
      const fault = await faultOf(getToken(process))
      expect(isFault(fault) && fault.kind === 'hold' && fault.forMs).toBeLessThanOrEqual(60_000)
      expect(fault).toMatchObject({ code: `token_${errcode}`, reason: 'token' })
      await redis.hset(keyOf(ours), { retryAt: 0 })
    }
    const [until] = ((await redis.hget(keyOf(ours), 'bar:here')) ?? '').split(' ')
    expect(Number(until) - forMs).toBeGreaterThan(fromMs - 10_000)
    expect(Number(until) - forMs).toBeLessThan(realClock.now() + 10_000)
    expect(await redis.pttl(keyOf(ours))).toBeGreaterThan(forMs)
    expect(book.asked(STABLE)).toBe(1)
  })

  it('keeps no other host from getting a token, which then serves both', async () => {
    said(89506)
    const ours = fleet(1, 'stable', { host: 'here' })
    const [here] = ours.processes
    if (here === undefined) throw new Error('a process')
    expect(await faultOf(getToken(here))).toMatchObject({ code: 'token_89506' })
    keepNewBook()
    await redis.hset(keyOf(ours), { retryAt: 0 })
    const there = ours.join({ host: 'there' })
    expect(await ours.print(there)).toBe(true)
    expect(await ours.print(here)).toBe(true)
    expect(book.asked(STABLE)).toBe(2)
  })
})

describe('a host whose clock is wrong by an hour', () => {
  it.each([3_600_000, -3_600_000])(
    'waits for WeChat’s day to turn, not for its own: %d ms',
    async (offMs) => {
      said(45009)
      const ours = fleet(0)
      const wrong = ours.join({ clock: { ...realClock, now: () => Date.now() + offMs } })
      await faultOf(getToken(wrong))
      const until = Number(await redis.hget(keyOf(ours), 'retryAt'))
      expect((until + 8 * 3_600_000) % 86_400_000).toBeGreaterThan(4 * 60_000)
      expect((until + 8 * 3_600_000) % 86_400_000).toBeLessThan(6 * 60_000)
    },
  )

  it.each([3_600_000, -3_600_000])('shares the token all the same: %d ms', async (offMs) => {
    const ours = fleet(2)
    const wrong = ours.join({ clock: { ...realClock, now: () => Date.now() + offMs } })
    const first = await textOf(wrong)
    expect(await printAll(ours, 5)).toBe(true)
    expect(await textOf(ours.join())).toBe(first)
    await ours.age()
    book.force()
    expect(await printAll(ours, 5)).toBe(true)
    expect(book.asked(STABLE)).toBe(2)
    const times = await redis.hmget(keyOf(ours), 'obtainedAt', 'expiresAt')
    expect(Math.abs(Number(times[0]) - Date.now())).toBeLessThan(60_000)
    expect(Number(times[1]) - Number(times[0])).toBe(7_200_000)
  })

  it('waits no longer than the others after a failure', async () => {
    wechat.script(STABLE, (response) => response.writeHead(503).end())
    const ours = fleet(1)
    const wrong = ours.join({ clock: { ...realClock, now: () => Date.now() + 3_600_000 } })
    expect(await faultOf(getToken(wrong))).toMatchObject({ kind: 'wait' })
    const [right] = ours.processes
    if (right === undefined) throw new Error('a process')
    const fault = await faultOf(getToken(right))
    expect(isFault(fault) && fault.kind === 'wait' && fault.afterMs).toBeLessThanOrEqual(5_000)
  })
})
