/** The road of one scene, with every step written down and answering as told. It registers a hook. */
import { makeJpeg } from '@sunpress/image/testing'
import { beforeEach } from 'vitest'
import { type ClosedCode, closeCode } from '../closed-code.js'
import type { PublishedEvent, RefusedEvent, Unnumbered } from '../event.js'
import { generateCode } from '../generate-code.js'
import type { AppId, CampaignId, Generation } from '../ids.js'
import { DEFAULT_LOOK } from '../look.js'
import type { SceneStanding } from '../ports/road.js'
import type { Attempt, Road } from '../road.js'
import type { SceneJob } from '../scene-job.js'
import { Secret } from '../secret.js'
import { createTurns } from '../turns.js'

export const CREATED_AT_MS = 1_700_000_000_000
export const SHA256 = 'ab'.repeat(32)

export const job: SceneJob = {
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

export const closed = (changes: Partial<ClosedCode> = {}): ClosedCode =>
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

export const words = (errcode: number) => ({ errcode, errmsg: 'no', rid: '1-2-3' })
export const picture = makeJpeg({ width: 280, height: 280 })

/** Of the test that runs. */
export let script: Scripted
beforeEach(() => {
  script = scripted()
})
export const travel = (
  changes: Partial<SceneJob> = {},
  tried: Partial<Attempt> = {},
  parts: Partial<Road> = {},
) => generateCode({ ...script.road, ...parts }, { ...job, ...changes }, attempt(tried))
