import { randomUUID } from 'node:crypto'
import {
  type AppId,
  type CallOutcome,
  type CampaignId,
  DEFAULT_LOOK,
  HoldFault,
  type Look,
  type PermitAsk,
  RefuseFault,
  RetryFault,
  type WaitFault,
} from '@sunpress/core'
import { appKeys, connectRedis, type Redis } from '@sunpress/redis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { startRedis } from '../../../../test/services/redis.mjs'
import type { CallGate, GatePass } from '../call-gate.js'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js'
import { createMemoryRecords, type MemoryRecords } from '../testing/memory-records.js'
import { createCallGate, type GateNumbers } from './create-call-gate.js'
import { holdFile, pageName } from './gate-target.js'

const APP = 'wx0123456789abcdef' as AppId
const CAMPAIGN = '01JABCDEFGHJKMNPQRSTVWXYZ0' as CampaignId
const PAGE = { page: 'pages/shop/shop', envVersion: 'release' } as const
const never = new AbortController().signal
const INVALID_PAGE = { errcode: 41030, errmsg: 'invalid page', rid: '61725984-6126f6f9-040f19c4' }
const INVALID_ARGS = { errcode: 40097, errmsg: 'invalid args', rid: null }

let namespace = ''
let records: MemoryRecords
let clock: FakeClock
let ends: (() => void)[] = []

beforeEach(() => {
  namespace = `test-${randomUUID()}`
  records = createMemoryRecords()
  clock = createFakeClock(Date.now())
})
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

interface Started {
  readonly gate: CallGate
  readonly redis: Redis
  readonly unrecorded: unknown[]
  /** Commands sent so far. */
  asked(): number
}

/** One process's gate, with a connection of its own; all share a clock that moves when told to. */
function start(options: { numbers?: Partial<GateNumbers>; url?: string } = {}): Started {
  const url = options.url ?? inject('redisUrl')
  const redis = connectRedis({ url, purpose: 'command', name: 'gate-test' })
  ends.push(() => redis.disconnect())
  let asked = 0
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (...args) => {
    asked++
    return send(...args)
  }
  const unrecorded: unknown[] = []
  const gate = createCallGate({
    redis,
    namespace,
    clock,
    records,
    observer: { unrecorded: (_target, fault) => unrecorded.push(fault) },
    ...(options.numbers === undefined ? {} : { numbers: options.numbers }),
  })
  return { gate, redis, unrecorded, asked: () => asked }
}

let scenes = 0
function ask(look: Partial<Look> = {}, scene = `s=${scenes++}`): PermitAsk {
  const whole: Look = { ...DEFAULT_LOOK, page: PAGE.page, ...look }
  return {
    app: APP,
    lane: 'unlimited',
    campaign: CAMPAIGN,
    call: { app: APP, endpoint: 'getwxacodeunlimit', scene, look: whole },
  }
}

/** Enters and is answered, as a call is. */
async function call(gate: CallGate, outcome: CallOutcome, asking = ask()): Promise<unknown> {
  const pass = await gate.enter(asking, never)
  return await gate.answered(asking, pass, outcome)
}
const refused = (words: { errcode: number; errmsg: string; rid: string | null }) =>
  new RefuseFault('refused', 'no', words)
const noPage = () => refused(INVALID_PAGE)

const refusalOf = (gate: CallGate, asking = ask()): Promise<WaitFault> =>
  gate.enter(asking, never).then(
    () => Promise.reject(new Error('it passed')),
    (fault: WaitFault) => fault,
  )

/** As the road does with a HoldFault. */
async function hold(gate: CallGate, fault: unknown): Promise<void> {
  if (!(fault instanceof HoldFault)) throw new Error(`no hold: ${String(fault)}`)
  const target =
    fault.scope === 'page'
      ? ({ scope: 'page', app: APP, page: PAGE } as const)
      : ({ scope: 'campaign', app: APP, campaign: CAMPAIGN } as const)
  await gate.hold(target, fault)
}

const holdPage = (gate: CallGate, forMs: number) =>
  gate.hold({ scope: 'page', app: APP, page: PAGE }, { reason: 'page_held', forMs, message: 'look' })

describe('a page that nobody has called yet', () => {
  it('is probed by exactly one call of all processes, while the others wait a second', async () => {
    const all = [start(), start(), start()]
    const tried = await Promise.allSettled(
      all.flatMap(({ gate }) => Array.from({ length: 20 }, () => gate.enter(ask(), never))),
    )
    const passes = tried.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    expect(passes).toEqual([{ probe: true }])
    for (const end of tried) {
      if (end.status === 'rejected') {
        expect(end.reason).toMatchObject({
          kind: 'wait',
          code: 'page_probe',
          afterMs: 1_000,
          dropsJob: false,
        })
      }
    }
  })

  it('is open for all once its probe has passed, with no round trip for each scene', async () => {
    const [one, two] = [start(), start()]
    await call(one.gate, 'passed')
    await call(two.gate, 'passed')
    const before = two.asked()
    for (let i = 0; i < 50; i++) expect(await two.gate.enter(ask(), never)).toEqual({ probe: false })
    for (let i = 0; i < 50; i++) await call(two.gate, 'passed')
    expect(two.asked()).toBe(before)
  })

  it('is held when its probe says 41030, at no cost for the scene, and says what to do', async () => {
    const { gate } = start()
    const better = await call(gate, noPage())
    expect(better).toMatchObject({ kind: 'hold', scope: 'page', reason: 'page_held', forMs: 600_000 })
    expect((better as HoldFault).message).toMatch(
      /pages\/shop\/shop.*41030 "invalid page" \(rid 61725984-6126f6f9-040f19c4\).*checkPath false/,
    )
    await hold(gate, better)
    const fault = await refusalOf(gate)
    expect(fault).toMatchObject({ code: 'held_page_held', dropsJob: true })
    expect(fault.afterMs).toBeGreaterThan(590_000)
  })

  it.each<[string, CallOutcome]>([
    ['unused', 'unused'],
    ['aborted', 'unknown'],
    ['about something else', new RetryFault('upstream_-1', 'busy')],
  ])('is probed by the next call when its probe was %s', async (_what, outcome) => {
    const [one, two] = [start(), start()]
    await call(one.gate, outcome)
    expect(await two.gate.enter(ask(), never)).toEqual({ probe: true })
  })

  it('is probed again when the worker with the probe died', async () => {
    const numbers = { probeClaimMs: 50 }
    const [one, two] = [start({ numbers }), start({ numbers })]
    await one.gate.enter(ask(), never)
    await expect
      .poll(async () => {
        await clock.advance(1_000)
        return await two.gate.enter(ask(), never).catch(() => null)
      })
      .toEqual({ probe: true })
  })

  it("keeps its probe's claim when an older probe of a dead claim is answered", async () => {
    const numbers = { probeClaimMs: 30 }
    const [one, two, three] = [start({ numbers }), start(), start()]
    const asking = ask()
    const late = await one.gate.enter(asking, never)
    await expect.poll(() => two.redis.keys(`${namespace}:*:page:*`)).toEqual([])
    await two.gate.enter(ask(), never)
    await one.gate.answered(asking, late, 'unused')
    expect((await refusalOf(three.gate)).code).toBe('page_probe')
  })

  it('needs no probe when WeChat is not asked to check it', async () => {
    const { gate } = start()
    await holdPage(gate, 90_000)
    expect(await gate.enter(ask({ checkPath: false }), never)).toEqual({ probe: false })
    expect(await gate.enter(ask({ checkPath: false }), never)).toEqual({ probe: false })
  })

  it('is another page in another version', async () => {
    const { gate } = start()
    await call(gate, 'passed')
    expect(await gate.enter(ask({ envVersion: 'trial' }), never)).toEqual({ probe: true })
  })
})

describe('a good page', () => {
  const many = async (gate: CallGate, count: number, outcome: () => CallOutcome) => {
    const answers: unknown[] = []
    for (let i = 0; i < count; i++) answers.push(await call(gate, outcome()))
    return answers
  }

  it('is held at the fifth different scene in a row that WeChat refuses, whichever process met them', async () => {
    const [one, two] = [start(), start()]
    await call(one.gate, 'passed')
    const early = [...(await many(one.gate, 2, noPage)), ...(await many(two.gate, 2, noPage))]
    expect(early.map((fault) => (fault as RefuseFault).kind)).toEqual(Array(4).fill('refuse'))
    const fifth = await call(one.gate, noPage())
    expect(fifth).toMatchObject({ kind: 'hold', scope: 'page', reason: 'page_held' })
    await hold(one.gate, fifth)
    await clock.advance(1_000)
    for (const { gate } of [one, two]) expect((await refusalOf(gate)).code).toBe('held_page_held')
  })

  it('is not held by one scene that comes again, nor when a picture came in between', async () => {
    const { gate } = start()
    await call(gate, 'passed')
    const same = ask({}, 'same')
    for (let i = 0; i < 8; i++) expect(await call(gate, noPage(), same)).toMatchObject({ kind: 'refuse' })
    await many(gate, 3, noPage)
    await call(gate, 'passed')
    for (const fault of await many(gate, 4, noPage)) expect(fault).toMatchObject({ kind: 'refuse' })
  })

  it('is not held when the picture came in another process', async () => {
    const [one, two] = [start(), start()]
    await call(one.gate, 'passed')
    await many(one.gate, 4, noPage)
    await clock.advance(1_000)
    await call(two.gate, 'passed')
    expect(await call(one.gate, noPage())).toMatchObject({ kind: 'refuse' })
  })

  it('takes back what was in flight when it was held, without a refusal', async () => {
    const [one, two] = [start(), start()]
    await call(one.gate, 'passed')
    const asking = ask()
    const inFlight = await two.gate.enter(asking, never)
    await many(one.gate, 4, noPage)
    await hold(one.gate, await call(one.gate, noPage()))
    expect(await two.gate.answered(asking, inFlight, noPage())).toMatchObject({
      code: 'held_page_held',
      dropsJob: true,
    })
  })

  it('is probed again after its hold', async () => {
    const numbers = { pageHeldMs: 40 }
    const [one, two] = [start({ numbers }), start({ numbers })]
    for (const { gate } of [one, two]) await call(gate, 'passed')
    await many(one.gate, 4, noPage)
    await hold(one.gate, await call(one.gate, noPage()))
    await clock.advance(1_000)
    const tried = () => one.gate.enter(ask(), never).catch((fault: WaitFault) => fault.code)
    await expect
      .poll(async () => {
        const seen = await tried()
        await clock.advance(10)
        return seen
      })
      .toEqual({ probe: true })
  })
})

describe('a campaign', () => {
  const refuseMany = async (gates: readonly CallGate[], count: number) => {
    const answers: unknown[] = []
    for (let i = 0; i < count; i++) {
      const gate = gates[i % gates.length]
      if (gate !== undefined) answers.push(await call(gate, refused(INVALID_ARGS)))
    }
    return answers as (RefuseFault | HoldFault)[]
  }
  const open = async () => {
    const all = [start(), start()]
    for (const { gate } of all) await call(gate, 'passed')
    return all.map(({ gate }) => gate)
  }

  it('is held at the twentieth different scene in a row that is refused alike, until somebody looks', async () => {
    const gates = await open()
    const answers = await refuseMany(gates, 20)
    expect(answers.map(({ kind }) => kind)).toEqual([...Array(19).fill('refuse'), 'hold'])
    expect(answers[19]).toMatchObject({ scope: 'campaign', reason: 'campaign_held' })
    expect(answers[19]?.message).toMatch(/20 different scenes.*40097 "invalid args"/)
    const [gate] = gates
    if (gate === undefined) throw new Error('no gate')
    await hold(gate, answers[19])
    expect(await refusalOf(gate)).toMatchObject({ code: 'held_campaign_held', dropsJob: true })
    const other = { ...ask(), campaign: '01JABCDEFGHJKMNPQRSTVWXYZ1' as CampaignId }
    expect(await gate.enter(other, never)).toEqual({ probe: false })
    const year = 366 * 86_400_000
    const [standing] = await gate.readHolds(APP)
    expect((standing?.untilMs ?? 0) - Date.now()).toBeGreaterThan(year)
    await gate.lift({ scope: 'campaign', app: APP, campaign: CAMPAIGN })
    expect((await refuseMany([gate], 1)).map(({ kind }) => kind)).toEqual(['refuse'])
  })

  it('goes on when a picture comes in between, when the errcode changes, and over faults of other kinds', async () => {
    const gates = await open()
    const [gate] = gates
    if (gate === undefined) throw new Error('no gate')
    await refuseMany([gate], 19)
    await call(gate, 'passed')
    expect((await refuseMany([gate], 19)).at(-1)?.kind).toBe('refuse')
    expect(await call(gate, refused({ errcode: 47001, errmsg: 'data', rid: null }))).toMatchObject({
      kind: 'refuse',
    })
    expect((await refuseMany([gate], 10)).at(-1)?.kind).toBe('refuse')
    await call(gate, new RetryFault('upstream_-1', 'busy'))
    await call(gate, refused({ errcode: 40129, errmsg: 'invalid scene', rid: null }))
    expect((await refuseMany([gate], 10)).at(-1)?.kind).toBe('hold')
  })
})

describe('holds of pages and campaigns', () => {
  it('are met by another process within a second, and lifted for all within another', async () => {
    const [one, two] = [start(), start()]
    for (const { gate } of [one, two]) await call(gate, 'passed')
    await holdPage(one.gate, 90_000)
    await clock.advance(1_000)
    expect((await refusalOf(two.gate)).code).toBe('held_page_held')
    expect(await two.gate.readHolds(APP)).toEqual([
      {
        target: { scope: 'page', app: APP, page: PAGE },
        reason: 'page_held',
        message: 'look',
        untilMs: expect.any(Number),
      },
    ])
    await two.gate.lift({ scope: 'page', app: APP, page: PAGE })
    await clock.advance(1_000)
    await one.gate.enter(ask(), never)
    expect(await one.gate.readHolds(APP)).toEqual([])
    expect(records.files.size).toBe(0)
  })

  it('are met at once by the process that made them, whatever it was asking meanwhile', async () => {
    const { gate } = start()
    await call(gate, 'passed')
    await clock.advance(1_000)
    // It may still pass, or find that nobody may probe now.
    const entering = gate
      .enter(ask(), never)
      .catch((fault: WaitFault) => expect(fault.code).toBe('page_probe'))
    await Promise.all([entering, holdPage(gate, 90_000)])
    expect((await refusalOf(gate)).code).toBe('held_page_held')
  })

  it('get no shorter', async () => {
    const { gate } = start()
    await holdPage(gate, 90_000)
    await holdPage(gate, 10)
    expect((await refusalOf(gate)).afterMs).toBeGreaterThan(80_000)
  })

  it('ask Redis once a second however many scenes come', async () => {
    const { gate, asked } = start()
    await call(gate, 'passed')
    const before = asked()
    for (let second = 0; second < 3; second++) {
      await clock.advance(1_000)
      await Promise.all(Array.from({ length: 80 }, () => gate.enter(ask(), never)))
    }
    expect(asked() - before).toBe(3)
  })

  it('outlive FLUSHALL when they are longer than a minute, on first use and for readers', async () => {
    const server = await startRedis()
    try {
      const [one, two, three] = [1, 2, 3].map(() => start({ url: server.url })) as [Started, Started, Started]
      await holdPage(one.gate, 90_000)
      await one.gate.hold(
        { scope: 'campaign', app: APP, campaign: CAMPAIGN },
        { reason: 'campaign_held', forMs: 20_000, message: null },
      )
      expect((await two.gate.readHolds(APP)).map(({ target }) => target.scope).sort()).toEqual([
        'campaign',
        'page',
      ])
      expect(records.files.has(holdFile(APP, pageName(PAGE)))).toBe(true)
      await one.redis.flushall()
      const holds = await three.gate.readHolds(APP)
      expect(holds.map(({ target }) => target.scope)).toEqual(['page'])
      await one.redis.flushall()
      await clock.advance(1_000)
      expect((await refusalOf(two.gate)).code).toBe('held_page_held')
    } finally {
      await server.stop()
    }
  })

  it('come back from the ledger, and lifted ones stay away, when an old state of Redis returns', async () => {
    const { gate, redis } = start()
    await holdPage(gate, 90_000)
    const { gate: key } = appKeys(namespace, APP)
    const lifted = {
      target: {},
      reason: 'campaign_held',
      message: null,
      until: Date.now() + 9e6,
      for: 9e6,
      at: 1,
    }
    await redis.hset(key, 'loaded', 'another-run', `campaign-${CAMPAIGN}`, JSON.stringify(lifted))
    await redis.hdel(key, pageName(PAGE))
    const holds = await start().gate.readHolds(APP)
    expect(holds.map(({ target }) => target.scope)).toEqual(['page'])
  })

  it('stand even when the ledger is away', async () => {
    const { gate, unrecorded } = start()
    await gate.readHolds(APP)
    records.fail(new Error('away'))
    await holdPage(gate, 90_000)
    expect((await refusalOf(gate)).code).toBe('held_page_held')
    expect(unrecorded).toHaveLength(1)
  })

  it('let nothing pass while Redis or the ledger can not tell', async () => {
    records.fail(new Error('away'))
    expect(await refusalOf(start().gate)).toMatchObject({ kind: 'wait', code: 'ledger_unavailable' })
    records.fail(null)
    const server = await startRedis()
    try {
      const { gate } = start({ url: server.url })
      await call(gate, 'passed')
      const asking = ask()
      const pass: GatePass = await gate.enter(asking, never)
      await server.kill()
      await clock.advance(1_000)
      expect(await refusalOf(gate)).toMatchObject({ kind: 'wait', code: 'redis_unavailable' })
      const fault = noPage()
      expect(await gate.answered(asking, pass, fault)).toBe(fault)
    } finally {
      await server.stop()
    }
  })
})
