/** From a permit to a closed picture: one call, or, for a stale token or a picture unlike its look, one more. */
import { inspectPicture } from '@sunpress/image'
import type { ClosedCode } from './closed-code.js'
import type { CodeName } from './code-id.js'
import { isFault, RefuseFault, RetryFault } from './fault.js'
import { judge } from './judge.js'
import { laneOf, upstreamOf } from './lane.js'
import type { WholePicture } from './ports/code-store.js'
import type { AccessToken, CallOutcome, Permit, PermitAsk, SceneStanding } from './ports/road.js'
import { type Attempt, type Begun, type Road, timed } from './road.js'
import type { SceneJob } from './scene-job.js'

/** Fetches, inspects and stores; a stale token is dropped and the call made once more, with a permit of its own. */
export async function printCode(
  road: Road,
  job: SceneJob,
  name: CodeName,
  attempt: Attempt,
  begun: Begun,
): Promise<ClosedCode | Unwanted> {
  const standing = { attempts: attempt.spent, lastRound: job.lastRound, random: 0 }
  for (let renewals = 0; ; renewals++) {
    const token = await road.tokens.get(job.app, attempt.draining)
    try {
      const picture = await fetchWhole(road, job, token, attempt)
      if (isUnwanted(picture)) return picture
      road.retries.succeeded(job.app)
      begun.put = true
      return await timed(road, 'store', () => road.store.put(name.key, picture))
    } catch (fault) {
      if (fault instanceof RetryFault) road.retries.failed(job.app)
      if (judge(fault, { ...standing, renewals }).next !== 'renew') throw fault
      road.observer.judged(job.app, fault, 'renew')
      await road.tokens.drop(job.app, token)
    }
  }
}

/** The campaign was paused or cancelled, or the index lost, while the scene waited for its permit. */
export interface Unwanted {
  readonly unwanted: Exclude<SceneStanding, 'open'>
}

export const isUnwanted = (value: ClosedCode | Uint8Array | WholePicture | Unwanted): value is Unwanted =>
  'unwanted' in value

/** One call. A permit that ran out before anything was written is no call: the next one is taken. */
async function fetchPicture(
  road: Road,
  job: SceneJob,
  token: AccessToken,
  attempt: Attempt,
): Promise<Uint8Array | Unwanted> {
  const ask = askOf(job)
  for (;;) {
    const permit = await timed(road, 'permit', () => road.permits.take(ask, attempt.draining))
    const answer = await callOnce(road, job, { ask, permit, token }, attempt)
    if (answer !== 'permit_expired') return answer
  }
}

const askOf = (job: SceneJob): PermitAsk => ({
  app: job.app,
  lane: laneOf(job.look.endpoint),
  campaign: job.campaign,
  call: { app: job.app, endpoint: upstreamOf(job.look.endpoint), scene: job.scene, look: job.look },
})

interface Call {
  readonly ask: PermitAsk
  readonly permit: Permit
  readonly token: AccessToken
}

/** Whoever gave the permit is told what became of it, whatever that is. */
async function callOnce(
  road: Road,
  job: SceneJob,
  call: Call,
  attempt: Attempt,
): Promise<Uint8Array | Unwanted | 'permit_expired'> {
  const begun: Begun = {}
  const told = (outcome: CallOutcome) => road.permits.answered(call.ask, call.permit, outcome)
  try {
    const answer = await callIfWanted(road, job, call, attempt, begun)
    await told(isUnwanted(answer) ? 'unused' : 'passed')
    return answer
  } catch (fault) {
    if (!isFault(fault)) {
      await told(begun.call === true ? 'unknown' : 'unused')
      throw fault
    }
    // Whoever is told to wait has written nothing.
    const better = await told(fault.kind === 'wait' ? 'unused' : fault)
    if (fault.code !== 'permit_expired') throw better ?? fault
    road.observer.judged(job.app, fault, 'take_again')
    return 'permit_expired'
  }
}

async function callIfWanted(
  road: Road,
  job: SceneJob,
  { ask, permit, token }: Call,
  attempt: Attempt,
  begun: Begun,
): Promise<Uint8Array | Unwanted> {
  const standing = await road.feed.recheck(job)
  if (standing !== 'open') return { unwanted: standing }
  // Asking took time in which this process may have been told to end: its permit goes unused, and no call is begun.
  attempt.draining.throwIfAborted()
  road.observer.late(Math.max(0, road.clock.monotonic() - permit.dueMs) / 1_000)
  begun.call = true
  return await timed(road, 'upstream', () => road.api.request(ask.call, token, permit, attempt.signal))
}

/**
 * A picture that inspection finds whole. One that is whole and yet not what the look says is asked for once more: when the next
 * call gives the same, so would all others.
 */
async function fetchWhole(
  road: Road,
  job: SceneJob,
  token: AccessToken,
  attempt: Attempt,
): Promise<WholePicture | Unwanted> {
  const { format, width } = job.look
  for (let unlike: string | null = null; ; ) {
    const bytes = await fetchPicture(road, job, token, attempt)
    if (isUnwanted(bytes)) return bytes
    const inspection = await timed(road, 'inspect', () => inspectPicture(bytes, { format, width }))
    if (inspection.whole) return { bytes, format, width }
    const { code } = inspection.defect
    const said: [string, string] = [`picture_${code}`, `WeChat's picture is defective: ${code}`]
    if (code === unlike) throw new RefuseFault(...said)
    const fault = new RetryFault(...said)
    if (!OF_THE_LOOK.has(code)) throw fault
    road.observer.judged(job.app, fault, 'take_again')
    unlike = code
  }
}

/** Whole, and not what the look says. */
const OF_THE_LOOK: ReadonlySet<string> = new Set(['wrong_format', 'wrong_size'])
