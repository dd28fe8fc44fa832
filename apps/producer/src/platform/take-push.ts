/**
 * What WeChat pushes to a third-party platform: tickets, and merchants that come and go. Promises that a push has its effect, durably,
 * before it is answered; and none that isn't WeChat's, is old, or was dealt with before.
 */
import { type AppId, type ComponentId, isComponentId } from '@sunpress/core'
import {
  type GivenPush,
  type OpenedPush,
  openPush,
  type PlatformBook,
  type PushEvent,
  type PushGate,
  type ThirdPartyPlatform,
} from '@sunpress/wechat'
import { badRequest, notFound, Problem } from '../problem.js'

export interface PushParts {
  readonly platforms: Pick<PlatformBook, 'find'>
  readonly gate: PushGate
  readonly observer: PushObserver
  /** A merchant has authorised the platform anew: what held its app for want of that is over. Never throws. */
  readonly authorised: (merchant: AppId) => Promise<void>
}

export interface PushObserver {
  /**
   * A push had its effect, or there is none for its kind: `kind` is `ticket`, `authorised`, `withdrawn`,
   * `unreadable`, or WeChat's InfoType.
   */
  pushed(component: ComponentId, kind: string, merchant: AppId | null): void
  /** `why`: `signature`, `stale` or `repeated`. Any number of them may come, from anybody. */
  refused(component: ComponentId, why: string): void
}

export interface PushRequest {
  readonly component: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** Throws Problem 400, 403 or 404; faults, when it may be sent again. */
export async function takePush(parts: PushParts, { component, query, body }: PushRequest): Promise<void> {
  const platform = isComponentId(component) ? parts.platforms.find(component) : undefined
  if (platform === undefined) throw notFound('There is no such platform.')
  const id = platform.component.appid
  const refuse = (why: string, detail: string): Problem => {
    parts.observer.refused(id, why)
    return new Problem(403, `push_${why}`, detail)
  }
  const opened = openPush(platform.component, givenPush(query, body))
  // One answer for all: it tells nobody how far a forged push came.
  if (opened === null) throw refuse('signature', 'This push is not signed for this platform.')
  const admission = await parts.gate.admit(id, opened.push)
  if (admission === 'stale') throw refuse('stale', 'This push is more than ten minutes old.')
  if (admission === 'repeated') throw refuse('repeated', 'This push came before.')
  try {
    await apply(platform, opened)
  } catch (fault) {
    // Should that fail too, the next try has to wait until the gate has forgotten this one.
    await admission.ended(false).catch(() => {})
    throw fault
  }
  await admission.ended(true)
  await tell(parts, id, opened.event)
}

const TIMESTAMP = /^\d{1,12}$/
const NONCE = /^[\x21-\x7e]{1,128}$/
const SIGNATURE = /^[0-9a-f]{40}$/

function givenPush(query: Readonly<Record<string, unknown>>, body: unknown): GivenPush {
  const { timestamp, nonce, msg_signature: signature } = query
  if (!isText(timestamp, TIMESTAMP) || !isText(nonce, NONCE) || !isText(signature, SIGNATURE)) {
    throw badRequest('bad_push', 'A push has timestamp, nonce and msg_signature: encrypted mode is wanted.')
  }
  if (!Buffer.isBuffer(body)) throw badRequest('bad_push', 'A push has a body.')
  return { timestamp, nonce, signature, body: body.toString('utf8') }
}

const isText = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && pattern.test(value)

async function apply(platform: ThirdPartyPlatform, { event }: OpenedPush): Promise<void> {
  switch (event.kind) {
    case 'ticket':
      return await platform.takeTicket(event.ticket, event.atSeconds * 1_000)
    case 'authorised': {
      const { merchant, code, atSeconds } = event
      return void (await platform.authorise({ merchant, code, atMs: atSeconds * 1_000 }))
    }
    case 'withdrawn':
      return await platform.withdraw(event.merchant, event.atSeconds * 1_000)
    case 'other':
      return
  }
}

async function tell({ observer, authorised }: PushParts, id: ComponentId, event: PushEvent): Promise<void> {
  const merchant = event.kind === 'authorised' || event.kind === 'withdrawn' ? event.merchant : null
  observer.pushed(id, event.kind === 'other' ? event.infoType : event.kind, merchant)
  if (event.kind === 'authorised') await authorised(event.merchant)
}
