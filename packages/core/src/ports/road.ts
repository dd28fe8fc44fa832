/** What one scene needs on its road. Each port is implemented by one package; tests wrap them to stop at any step. */
import type { ClosedCode } from '../closed-code.js'
import type { PublishedEvent, RefusedEvent, Unnumbered } from '../event.js'
import type { AnyFault } from '../fault.js'
import type { HoldTarget, NewHold } from '../hold.js'
import type { AppId, CampaignId, Generation } from '../ids.js'
import type { Lane, UpstreamEndpoint } from '../lane.js'
import type { Look } from '../look.js'
import type { Secret } from '../secret.js'

/** Right to make one call, until `notAfterMs` on the monotonic clock: a call not written by then takes another. */
export interface Permit {
  readonly notAfterMs: number
  /** The slot's own time on the monotonic clock, as well as this process knows it. */
  readonly dueMs: number
}

/** The call that a permit is wanted for: its app, lane, page and campaign may each be held, its parameters may be too many. */
export interface PermitAsk {
  readonly app: AppId
  readonly lane: Lane
  readonly campaign: CampaignId
  readonly call: CodeCall
}

/** What became of a permit: WeChat gave a picture, nothing was written, nobody knows (aborted), or this went wrong. */
export type CallOutcome = 'passed' | 'unused' | 'unknown' | AnyFault

export interface Permits {
  /**
   * Resolves at the permit's slot in time. Throws WaitFault when the next slot is too far away to wait with a job in hand
   * (a hold, a busy lane), or when Redis can't be asked (fail closed), RefuseFault `lifetime_quota` for parameters beyond the
   * lifetime's limit; rejects with the signal's reason when aborted.
   */
  take(ask: PermitAsk, signal: AbortSignal): Promise<Permit>
  /**
   * What became of it, told once for each permit taken: it ends probes, counts what a lifetime allows, slows a lane that WeChat
   * finds too fast. Gives the fault to be judged: the one that came, or a better one, now that its hold is known; null when
   * there was none. Never throws.
   */
  answered(ask: PermitAsk, permit: Permit, outcome: CallOutcome): Promise<AnyFault | null>
  /** A longer hold of the same target that stands already stays. */
  hold(target: HoldTarget, hold: NewHold): Promise<void>
}

export interface AccessToken {
  readonly value: Secret
  /** How WeChat is sent it: as `access_token` unless this says otherwise; `none`: not at all, the cloud's sidecar adds it. */
  readonly sentAs?: 'access_token' | 'cloudbase_access_token' | 'none'
}

export interface Tokens {
  /** The app's current token, shared by all processes. Throws WaitFault or HoldFault (reason token). */
  get(app: AppId, signal: AbortSignal): Promise<AccessToken>
  /** Drops this token, if it is still the current one. */
  drop(app: AppId, failed: AccessToken): Promise<void>
}

export interface CodeCall {
  readonly app: AppId
  readonly endpoint: UpstreamEndpoint
  /** The scene, or the whole path for the endpoints that have no scene. */
  readonly scene: string
  readonly look: Look
}

export interface CodeApi {
  /**
   * One HTTP call; gives the bytes of what claims to be a picture. Throws WaitFault `permit_expired` when nothing was written
   * by `permit.notAfterMs`, and the fault of WeChat's errcode, or of the transport, otherwise.
   */
  request(call: CodeCall, token: AccessToken, permit: Permit, signal: AbortSignal): Promise<Uint8Array>
}

/** What the index in Redis says of a scene; `closed`: it is outside the hours of its campaign's window. */
export type SceneStanding = 'open' | 'done' | 'paused' | 'closed' | 'cancelled' | 'rebuild' | 'unknown'

/** Why a job ended without an outcome of its scene; `held`: its page or its campaign is. */
export type DropReason = SceneStanding | 'held'

export type ParkAnswer = 'parked' | 'done' | 'cancelled' | 'rebuild' | 'unknown'

export type PublishAnswer = 'published' | 'done' | 'cancelled' | 'rebuild' | 'unknown'

export interface SceneRef {
  readonly app: AppId
  readonly campaign: CampaignId
  readonly generation: Generation
  readonly index: number
}

export interface SceneFeed {
  /** Throws WaitFault when Redis can't be asked. */
  check(scene: SceneRef): Promise<SceneStanding>
  /** As `check`, from knowledge at most a second old: looked at between the permit and the call. */
  recheck(scene: SceneRef): Promise<SceneStanding>
  publish(scene: SceneRef, code: ClosedCode, event: Unnumbered<PublishedEvent>): Promise<PublishAnswer>
  refuse(scene: SceneRef, event: Unnumbered<RefusedEvent>): Promise<PublishAnswer>
  /** Sets a scene aside for one more round at the end of its campaign. Again without harm. */
  park(scene: SceneRef): Promise<ParkAnswer>
}

export interface RoadObserver {
  /** A scene ended here: published, once. */
  published(app: AppId, outcome: 'published' | 'reused'): void
  /** A scene ended here: refused, once. */
  refused(event: Unnumbered<RefusedEvent>): void
  /** A job that ended without an outcome of its scene. */
  dropped(app: AppId, why: DropReason): void
  /** A scene spent its attempts, and has one more round at the end of its campaign. */
  parked(scene: SceneRef): void
  /** A call was not repeated, since too many fail: see retry-budget.ts. */
  overBudget(app: AppId): void
  /** A fault was met and judged. */
  judged(app: AppId, fault: unknown, next: string): void
  /** A call was begun so long after its permit's slot; seconds. */
  late(seconds: number): void
  /** A step of the road took so long; seconds. */
  stage(stage: RoadStage, seconds: number): void
}

export type RoadStage = 'permit' | 'upstream' | 'inspect' | 'store' | 'publish'
