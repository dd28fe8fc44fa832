import { makeJpeg, makePng } from '@sunpress/image/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ClosedCode, closeCode } from './closed-code.js'
import type { PublishedEvent, RefusedEvent, Unnumbered } from './event.js'
import { HoldFault, RefuseFault, RenewFault, RetryFault, WaitFault } from './fault.js'
import { generateCode, MAX_WORKERS_LOST } from './generate-code.js'
import type { AppId, CampaignId, Generation } from './ids.js'
import { MAX_ATTEMPTS } from './judge.js'
import { DEFAULT_LOOK } from './look.js'
import type { SceneStanding } from './ports/road.js'
import type { Attempt, Road } from './road.js'
import type { SceneJob } from './scene-job.js'
import { Secret } from './secret.js'
import { createTurns } from './turns.js'

const CREATED_AT_MS = 1_700_000_000_000
const SHA256 = 'ab'.repeat(32)

const job: SceneJob = {
  app: 'wx0123456789abcdef' as AppId,
  generation: 'G1' as Generation,
  campaign: '01HF000000000000000000000A' as CampaignId,
  campaignCreatedAtMs: CREATED_AT_MS,
  index: 7,
  scene: 's=7',
  look: { ...DEFAULT_LOOK, page: 'pages/index/index', width: 280 },
  ref: 'SHOP-7',
  again: false,
  lastRound: false,
}

/** A road on which every step is written down and answers as told. */
interface Scripted {
  readonly steps: string[]
  readonly answers: (Uint8Array | Error)[]
  readonly events: (Unnumbered<PublishedEvent> | Unnumbered<RefusedEvent>)[]
  readonly holds: unknown[]
  readonly outcomes: string[]
  standing: SceneStanding
  later: SceneStanding
  stored: ClosedCode | null
  published: 'published' | 'done' | 'cancelled' | 'rebuild'
  putFails: Error | null
  closedAtMs: number
  readonly road: Road
}

const closed = (changes: Partial<ClosedCode> = {}): ClosedCode =>
  closeCode({
    key: 'k',
    bytes: 9,
    sha256: SHA256,
    width: 280,
    format: 'jpg',
    closedAtMs: CREATED_AT_MS + 5,
    origin: 'created',
    ...changes,
  })

function scripted(): Scripted {
  const steps: string[] = []
  const script: Scripted = {
    steps,
    answers: [],
    events: [],
    holds: [],
    outcomes: [],
    standing: 'open',
    later: 'open',
    stored: null,
    published: 'published',
    putFails: null,
    closedAtMs: CREATED_AT_MS + 5,
    road: undefined as unknown as Road,
  }
  const road: Road = {
    feed: {
      check: async () => script.standing,
      recheck: async () => script.later,
      publish: async (_scene, code, event) => {
        steps.push(`publish ${code.sha256.slice(0, 4)}`)
        script.events.push(event)
        return script.published
      },
      refuse: async (_scene, event) => {
        steps.push(`refuse ${event.reason}`)
        script.events.push(event)
        return script.published
      },
      park: async () => {
        steps.push('park')
        return 'parked'
      },
    },
    store: {
      name: 'memory',
      listing: null,
      stat: async (key) => (script.stored === null ? null : { key, bytes: 9, closedAtMs: 1 }),
      confirm: async () => script.stored,
      put: async (_key, picture) => {
        steps.push('put')
        if (script.putFails !== null) throw script.putFails
        return closed({ bytes: picture.bytes.length, closedAtMs: script.closedAtMs })
      },
      read: async () => null,
      remove: async () => {},
    },
    tokens: {
      get: async () => {
        steps.push('token')
        return { value: new Secret('t') }
      },
      drop: async () => {
        steps.push('drop token')
      },
    },
    permits: {
      take: async () => {
        steps.push('permit')
        return { dueMs: 0, notAfterMs: 1 }
      },
      answered: async (_ask, _permit, outcome) => {
        script.outcomes.push(typeof outcome === 'string' ? outcome : outcome.code)
        return typeof outcome === 'string' ? null : outcome
      },
      hold: async ({ scope }, { reason, forMs }) => {
        script.holds.push({ scope, reason, forMs })
      },
    },
    api: {
      request: async () => {
        steps.push('call')
        const answer = script.answers.shift() ?? new Error('no answer scripted')
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    clock: { now: () => CREATED_AT_MS + 10, monotonic: () => 0, sleep: async () => {} },
    observer: {
      published: () => {},
      refused: () => {},
      dropped: () => {},
      parked: () => {},
      overBudget: () => {},
      judged: () => {},
      stage: () => {},
      late: () => {},
    },
    turns: createTurns(),
    retries: { succeeded: () => {}, failed: () => {}, ask: () => 'call' },
    random: () => 0,
  }
  return Object.assign(script, { road })
}

const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  spent: 0,
  workersLost: 0,
  draining: new AbortController().signal,
  signal: new AbortController().signal,
  ...changes,
})

const words = (errcode: number) => ({ errcode, errmsg: 'no', rid: '1-2-3' })
const picture = makeJpeg({ width: 280, height: 280 })

describe('generateCode', () => {
  let script: Scripted
  const travel = (changes: Partial<SceneJob> = {}, tried: Partial<Attempt> = {}, parts: Partial<Road> = {}) =>
    generateCode({ ...script.road, ...parts }, { ...job, ...changes }, attempt(tried))

  beforeEach(() => {
    script = scripted()
  })

  it('walks the road in order and publishes last', async () => {
    script.answers.push(picture)
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit', 'call', 'put', 'publish abab'])
    expect(script.events[0]).toMatchObject({
      type: 'code.published',
      id: `${job.campaign}.7`,
      ref: 'SHOP-7',
      sha256: SHA256,
      reused: false,
      bytes: picture.length,
    })
  })

  it.each(['done', 'paused', 'closed', 'cancelled', 'rebuild', 'unknown'] as const)(
    'drops a scene that is %s without a call',
    async (standing) => {
      script.standing = standing
      expect(await travel({ again: true })).toEqual({ next: 'remove' })
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
      expect(await travel({}, { workersLost: 1 })).toEqual({ next: 'remove' })
      expect(script.steps).toEqual([])
    },
  )

  it.each(['paused', 'closed', 'cancelled', 'rebuild', 'unknown'] as const)(
    'drops a first-time scene of a campaign that is %s without a call',
    async (standing) => {
      script.later = standing
      expect(await travel()).toEqual({ next: 'remove' })
      expect(script.steps).toEqual([])
    },
  )

  it('makes no call for a campaign that was paused while the scene waited for its permit', async () => {
    script.later = 'paused'
    expect(await travel({ again: true })).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit'])
  })

  it('publishes what the store has already as reused, without a call', async () => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS - 1 })
    await travel()
    expect(script.steps).toEqual(['publish abab'])
    expect(script.events[0]).toMatchObject({ reused: true })
  })

  it('does not call reused what it has just made, though the clock of its host be an hour slow', async () => {
    script.answers.push(picture)
    script.closedAtMs = CREATED_AT_MS - 3_600_000
    await travel()
    expect(script.events[0]).toMatchObject({ reused: false })
  })

  it('makes one call for rows of the same code that are in hand together', async () => {
    script.answers.push(picture)
    script.road.store.put = async () => {
      script.stored = closed()
      return closed()
    }
    await Promise.all([travel(), travel({ index: 8 }), travel({ index: 9 })])
    expect(script.steps.filter((step) => step === 'call')).toHaveLength(1)
    expect(script.events.map((event) => 'reused' in event && event.reused)).toEqual([false, true, true])
  })

  it('publishes a later row with the same scene as reused', async () => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS + 1 })
    await travel()
    expect(script.events[0]).toMatchObject({ reused: true })
  })

  it.each([
    ['enqueued again', { again: true }, {}],
    ['tried before', {}, { spent: 1 }],
    ['in the hands of a worker that died', {}, { workersLost: 1 }],
  ])('does not call a picture reused that may be its own: %s', async (_, changes, tried) => {
    script.stored = closed({ closedAtMs: CREATED_AT_MS + 1 })
    await travel(changes, tried)
    expect(script.events[0]).toMatchObject({ reused: false })
  })

  it('says that its picture is stored when it cannot be published now', async () => {
    script.answers.push(picture)
    script.road.feed.publish = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 1_000, stored: true })
  })

  it('spends no attempt when Redis cannot take a refusal', async () => {
    script.answers.push(new RefuseFault('invalid_page', 'no', words(41030)))
    script.road.feed.refuse = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 1_000 })
  })

  it('stores and publishes nothing when the picture is cut short', async () => {
    script.answers.push(picture.subarray(0, picture.length - 1))
    expect(await travel()).toMatchObject({ next: 'retry', code: 'picture_truncated' })
    expect(script.steps).toEqual(['token', 'permit', 'call'])
  })

  it('asks once more, at no cost, for a whole picture that is not what the look says', async () => {
    script.answers.push(makePng({ width: 280, height: 280 }), picture)
    expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
    expect(script.steps).toEqual(['token', 'permit', 'call', 'permit', 'call', 'put', 'publish abab'])
  })

  it.each([
    ['picture_wrong_format', makePng({ width: 280, height: 280 })],
    ['picture_wrong_size', makeJpeg({ width: 281, height: 281 })],
  ])(
    'refuses a look that WeChat prints otherwise twice in a row, and stores nothing: %s',
    async (reason, other) => {
      script.answers.push(other, other)
      expect(await travel()).toEqual({ next: 'remove' })
      expect(script.events[0]).toMatchObject({ reason, attempts: 1 })
      expect(script.steps).not.toContain('put')
    },
  )

  it('retries a picture that is defective in another way when it is asked for again', async () => {
    script.answers.push(makePng({ width: 280, height: 280 }), picture.subarray(0, picture.length - 1))
    expect(await travel()).toMatchObject({ next: 'retry', code: 'picture_truncated' })
  })

  it('drops a stale token and asks once more, with a permit of its own and at no cost', async () => {
    script.answers.push(new RenewFault('upstream_40001', 'stale', words(40001)), picture)
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.steps).toEqual([
      'token',
      'permit',
      'call',
      'drop token',
      'token',
      'permit',
      'call',
      'put',
      'publish abab',
    ])
  })

  it('holds the app, at no attempt, when the renewed token is stale as well', async () => {
    const stale = new RenewFault('upstream_40001', 'stale', words(40001))
    script.answers.push(stale, stale)
    expect(await travel()).toMatchObject({ next: 'put_back' })
    expect(script.holds).toMatchObject([{ scope: 'app', reason: 'token' }])
  })

  it('takes another permit when the first ran out before the call was written', async () => {
    script.answers.push(new WaitFault('permit_expired', 'late', 0), picture)
    await travel()
    expect(script.steps.filter((step) => step === 'permit')).toHaveLength(2)
  })

  describe('a fault that may pass', () => {
    const fault = new RetryFault('upstream_-1', 'system error', words(-1))
    const spent = { spent: MAX_ATTEMPTS - 1 }

    it('costs an attempt', async () => {
      script.answers.push(fault)
      expect(await travel()).toEqual({ next: 'retry', afterMs: 500, code: 'upstream_-1' })
    })

    it('parks its scene when the attempts are used up, and refuses nothing', async () => {
      script.answers.push(fault)
      expect(await travel({}, spent)).toEqual({ next: 'remove' })
      expect(script.steps.at(-1)).toBe('park')
      expect(script.events).toEqual([])
    })

    it('refuses it with the errcode when they are used up in its last round', async () => {
      script.answers.push(fault)
      expect(await travel({ lastRound: true }, spent)).toEqual({ next: 'remove' })
      expect(script.events[0]).toMatchObject({ type: 'code.refused', errcode: -1, attempts: MAX_ATTEMPTS })
    })
  })

  describe('beyond the retry budget', () => {
    it('makes no call again, waits without an attempt, and lets the rest of its lane go on', async () => {
      script.road.retries.ask = () => 'wait'
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'put_back', afterMs: 5_000, alone: true })
      expect(script.steps).toEqual([])
    })

    it('parks the scene while others pass, but not in its last round', async () => {
      script.road.retries.ask = () => 'park'
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
      expect(script.steps).toEqual(['park'])
      expect(await travel({ lastRound: true }, { spent: 1 })).toMatchObject({ next: 'put_back', alone: true })
    })

    it('asks for repeats alone, and not for a picture that is there', async () => {
      script.road.retries.ask = () => 'wait'
      script.answers.push(picture)
      expect(await travel()).toEqual({ next: 'remove' })
      script.stored = closed()
      expect(await travel({}, { spent: 1 })).toEqual({ next: 'remove' })
    })

    it('is told what passed and what did not', async () => {
      const told: string[] = []
      script.road.retries.succeeded = () => void told.push('succeeded')
      script.road.retries.failed = () => void told.push('failed')
      script.answers.push(picture, new RetryFault('upstream_empty', 'nothing'), new RefuseFault('no', 'no'))
      for (let i = 0; i < 3; i++) await travel()
      expect(told).toEqual(['succeeded', 'failed'])
    })
  })

  it('drops the job of a scene whose page or campaign is held, without an attempt', async () => {
    script.road.permits.take = async () => {
      throw new WaitFault('held_page_held', 'held', 60_000, { dropsJob: true })
    }
    expect(await travel({}, { spent: MAX_ATTEMPTS - 1 })).toEqual({ next: 'remove' })
    expect(script.events).toEqual([])
  })

  it.each(['page', 'campaign'] as const)('holds a %s and drops the job: the lane goes on', async (scope) => {
    const hold = { scope, reason: 'page_held', forMs: 600_000 } as const
    script.answers.push(new HoldFault('page_held', '41030 for ten scenes', hold))
    expect(await travel()).toEqual({ next: 'remove' })
    expect([script.holds, script.events]).toEqual([[hold], []])
  })

  it('refuses what WeChat will never take, with its reason, errcode and rid', async () => {
    script.answers.push(new RefuseFault('invalid_page', 'no such page', words(41030)))
    expect(await travel()).toEqual({ next: 'remove' })
    expect(script.events[0]).toMatchObject({ reason: 'invalid_page', errcode: 41030, rid: '1-2-3' })
  })

  it.each([
    ['passed', [picture]],
    ['upstream_-1', [new RetryFault('upstream_-1', 'busy')]],
    ['unknown', [new Error('aborted')]],
  ])('tells whoever gave the permit what became of it: %s', async (outcome, answers) => {
    script.answers.push(...answers)
    await travel()
    expect(script.outcomes).toEqual([outcome])
  })

  it('tells of a permit that went unused, and takes another', async () => {
    script.answers.push(new WaitFault('permit_expired', 'late', 0), picture)
    await travel()
    expect(script.outcomes).toEqual(['unused', 'passed'])
  })

  it('judges the fault that the permits know better', async () => {
    const hold = { scope: 'lane', reason: 'day_quota', forMs: 3_600_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', { ...hold, reason: 'minute_quota' }))
    script.road.permits.answered = async () => new HoldFault('upstream_45009', 'no more today', hold)
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 3_600_000 })
    expect(script.holds).toEqual([hold])
  })

  it('holds the lane and puts the job back without an attempt', async () => {
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 9_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', hold))
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 9_000 })
    expect(script.holds).toMatchObject([hold])
  })

  it('puts the job back when Redis cannot take the hold', async () => {
    const hold = { scope: 'lane', reason: 'minute_quota', forMs: 9_000 } as const
    script.answers.push(new HoldFault('upstream_45009', 'slower', hold))
    script.road.permits.hold = async () => {
      throw new WaitFault('redis_unavailable', 'away', 1_000)
    }
    expect(await travel()).toEqual({ next: 'put_back', afterMs: 9_000 })
  })

  it('publishes nothing when the store could not close the picture', async () => {
    script.answers.push(picture)
    script.putFails = new RetryFault('store_io', 'EIO')
    expect(await travel()).toMatchObject({ next: 'retry', code: 'store_io' })
    expect(script.events).toEqual([])
  })

  it('refuses a scene whose workers died too often, without a call', async () => {
    await travel({}, { workersLost: MAX_WORKERS_LOST })
    expect(script.steps).toEqual(['refuse worker_lost'])
  })

  it('puts a job back without an attempt when this process drains before the call', async () => {
    const draining = new AbortController()
    draining.abort()
    script.road.permits.take = async () => {
      throw draining.signal.reason
    }
    expect(await travel({}, { draining: draining.signal })).toEqual({ next: 'put_back', afterMs: 0 })
  })

  it('begins no call when it is told to drain after it took its permit', async () => {
    const draining = new AbortController()
    const permits: Road['permits'] = {
      ...script.road.permits,
      take: async () => {
        draining.abort()
        return { dueMs: 0, notAfterMs: 1 }
      },
    }
    expect(await travel({}, { draining: draining.signal }, { permits })).toEqual({
      next: 'put_back',
      afterMs: 0,
    })
    expect(script.steps).toEqual(['token'])
  })

  it('drops the job when the index was rebuilt while the picture was fetched', async () => {
    script.answers.push(picture)
    script.published = 'rebuild'
    expect(await travel()).toEqual({ next: 'remove' })
  })
})
