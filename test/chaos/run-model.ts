/** One seeded run: a small press, disturbed at every step, until its campaigns have ended; then what it has left is checked. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_ATTEMPTS } from '@sunpress/core'
import { startPress } from '../services/press.mjs'
import type { S3Access } from '../services/s3.mjs'
import { draw, drawOne } from './chance.mjs'
import { checkGuarantees } from './check-guarantees.js'
import { type Crew, type Press, startCrew } from './crew.js'
import { DISTURBANCES, FLUSH, type Scene, THE_PACE_IS_FORGOTTEN, tell } from './disturbances.js'
import { createGate, gated } from './gate.js'
import { keepPageBack } from './keep-page-back.js'
import { feelPulse } from './pulse.js'
import { readArtefacts } from './read-artefacts.js'

export interface ModelOptions {
  readonly seed: number
  /** With a FLUSHALL in the middle: a minute longer. */
  readonly flush: boolean
  /** null: a file store. */
  readonly s3: (S3Access & { bucket: string }) | null
  readonly withinMs: number
}

export interface Outcome {
  readonly defects: readonly string[]
  /** What happened, and when. */
  readonly log: readonly string[]
}

const LIMIT = 600
/** As many as the pace has in a stretch, and in the time for which WeChat read nothing: those were written before, and come at once. */
const paceOf = (unreadMs: number) => {
  const withinMs = 5_000
  return { withinMs, calls: Math.ceil(((withinMs + unreadMs + TRAVEL_MS) * LIMIT) / 60_000) }
}
/** From a slot to the arrival of its call, beside that. */
const TRAVEL_MS = 1_000
const ODDS = {
  kill: 0.01,
  freeze: 0.004,
  delay: 0.1,
  twice: 0.08,
  lost_wait: 0.04,
  lost_retry: 0.02,
  fail: 0.03,
}
const KINDS = [
  '-1',
  'empty_200',
  'cut_short_right_length',
  'cut_short_wrong_length',
  'png_as_jpeg',
  'json_as_image',
  '502',
  'reset',
  'token_revoked',
  'html_page',
]

type Say = (what: string) => void

export async function runModel({ seed, flush, s3, withinMs }: ModelOptions): Promise<Outcome> {
  const log: string[] = []
  const startedMs = Date.now()
  const say: Say = (what) => void log.push(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s ${what}`)
  const name = `seed ${seed}`
  const press = await startPress({
    ...{ perMinute: LIMIT, window: 'sliding', latencyMs: 20, appendonly: true, upkeep: false },
    ...(s3 === null ? {} : { s3 }),
    onUpkeepFault: (fault) => say(`upkeep: ${String(fault)}`),
  })
  const first = createGate()
  const gates = [first]
  const pulse = feelPulse(() => tell(press, '/clock'))
  try {
    press.startUpkeep({ ...gated(press.parts, first), holder: 'first' })
    await orderFaults(press, name)
    const watchPage = draw(name, 'page') < 0.4 ? await keepPageBack(press, say) : null
    const crew = await startCrew({ press, seed: name, odds: ODDS, size: 2, say })
    const ended = new AbortController()
    const watched = watchPage?.(ended.signal)
    await ride(
      { press, crew, seed: name, gates, first },
      { flush, signal: AbortSignal.timeout(withinMs), say },
    ).finally(() => {
      crew.dismiss()
      ended.abort()
    })
    await watched
    await pulse.stop()
    const defects = await check(press, crew, { isFileStore: s3 === null, unreadMs: pulse.longestMs() })
    if (defects.length > 0) log.push(crew.outputs())
    return { defects, log }
  } finally {
    for (const gate of gates) gate.end()
    await pulse.stop().catch(() => undefined)
    await press.stop()
  }
}

interface Ride {
  readonly flush: boolean
  /** Aborts when the campaigns ought to have ended. */
  readonly signal: AbortSignal
  readonly say: Say
}

/** Two campaigns from their submission to their end, or until time is over: then the checker says what is missing. */
async function ride(parts: Omit<Scene, 'campaign' | 'sceneAt' | 'total'>, how: Ride): Promise<void> {
  const { press, seed } = parts
  const total = 50 + Math.floor(draw(seed, 'total') * 50)
  const sceneAt = sceneNamer(seed)
  const campaign = await press.submit(total, {}, sceneAt)
  const scene: Scene = { ...parts, campaign, sceneAt, total }
  const [later] = await Promise.all([submitLater(scene, how.say), disturb(scene, how.flush, how.say)])
  const ended = [campaign, later].map((id) => press.finished(id, how.signal))
  await Promise.all(ended).then(
    () => how.say('ended'),
    () => how.say('not ended'),
  )
}

interface Ran {
  readonly isFileStore: boolean
  /** The longest time for which WeChat read nothing. */
  readonly unreadMs: number
}

async function check(press: Press, crew: Crew, { isFileStore, unreadMs }: Ran): Promise<string[]> {
  const { url } = await press.startProducer()
  const left = await readArtefacts({
    ...press.stores,
    apiUrl: url,
    adminUrl: press.simulator.adminUrl,
    folder: isFileStore ? `${press.folder}/store` : null,
  })
  return checkGuarantees(left, {
    limit: LIMIT,
    pace: paceOf(unreadMs),
    mostPictures: 3 + crew.deaths,
    mustBeRefused: (scene) => /^(bad|sticky)=/.test(scene),
    attempts: MAX_ATTEMPTS,
  })
}

/** One, for its calls are repeats, of which WeChat is spared. */
const STICKY = 45

/** Most scenes stand alone; some rows are repeats of an earlier one, some are refused by WeChat, one may fail for ever. */
const sceneNamer = (seed: string) => (index: number) => {
  const kind = draw(seed, 'scene', index)
  if (kind < 0.05) return `bad=${index}`
  if (index === STICKY && draw(seed, 'sticks') < 0.5) return `sticky=${index}`
  return kind < 0.15 && index > 5 ? `s=${Math.floor(index / 2)}` : `s=${index}`
}

async function orderFaults(press: Press, seed: string): Promise<void> {
  const drawn = [0, 1, 2, 3].map((nth) => drawOne(KINDS, seed, 'fault', nth))
  const some = [...new Set(drawn)].map((kind, nth) => ({
    kind,
    probability: 0.1,
    // Twice in a row, a picture of another format is rightly refused.
    count: kind === 'png_as_jpeg' ? 1 : 1 + (nth % 2),
  }))
  // Six attempts take a minute, three of an errcode that nobody knows some seconds.
  const sticks = draw(seed, 'sticky') < 0.2 ? { kind: '-1' } : { kind: 'errcode', errcode: 88_888 }
  const always = [
    { kind: '40129', match: { scene: { regex: '^bad=' } } },
    { ...sticks, match: { scene: { regex: '^sticky=' } } },
  ]
  await tell(press, '/faults', [...always, ...some])
}

/** Another campaign over the first half of the scenes, while the first one is on its way. */
async function submitLater({ press, total, sceneAt }: Scene, say: Say) {
  await calledTimes(press.simulator.adminUrl, total * 0.6)
  say('a second campaign')
  return await press.submit(Math.floor(total / 2), {}, sceneAt)
}

const EVENTS = 5

/** So many disturbances, each when the road has come a little farther, or when it stands still. */
async function disturb(scene: Scene, flush: boolean, say: Say): Promise<void> {
  const names = Object.keys(DISTURBANCES)
  let isForgotten = flush
  for (let nth = 1; nth <= EVENTS; nth++) {
    await calledTimes(scene.press.simulator.adminUrl, (scene.total * nth) / (EVENTS + 1))
    const some = isForgotten ? names.filter((name) => name !== THE_PACE_IS_FORGOTTEN) : names
    const name = drawOne(some, scene.seed, 'event', nth)
    if (flush && nth === 3) {
      say('FLUSHALL')
      await FLUSH(scene)
      continue
    }
    isForgotten ||= name === THE_PACE_IS_FORGOTTEN
    say(name)
    await DISTURBANCES[name]?.({ ...scene, seed: `${scene.seed} ${nth}` })
  }
}

const STANDSTILL_MS = 3_000

/** Resolves when WeChat has been called so often, or not at all for a while. */
async function calledTimes(adminUrl: string, times: number): Promise<void> {
  let last = -1
  for (let sinceMs = Date.now(); Date.now() - sinceMs < STANDSTILL_MS; await sleep(50)) {
    const answer = await fetch(`${adminUrl}/counters`)
    const { apps } = (await answer.json()) as { apps: Record<string, { calls: number }> }
    const calls = Object.values(apps)[0]?.calls ?? 0
    if (calls >= times) return
    if (calls !== last) sinceMs = Date.now()
    last = calls
  }
}
