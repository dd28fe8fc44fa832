/** A push as it came in, checked and read. Pure. */

import { decryptPush, isSigned, type PushKeys, type SignedPush } from './push-crypt.js'
import type { PushEvent } from './push-event.js'
import { encryptedIn, parsePushEvent } from './push-event.js'

export interface GivenPush extends Omit<SignedPush, 'encrypted'> {
  readonly body: string
}

export interface OpenedPush {
  readonly push: SignedPush
  readonly event: PushEvent
}

/** null when it isn't WeChat's, or isn't for this platform. That it is old or repeated is for PushGate to find out. */
export function openPush(keys: PushKeys, { body, ...given }: GivenPush): OpenedPush | null {
  const encrypted = encryptedIn(body)
  if (encrypted === null) return null
  const push = { ...given, encrypted }
  const message = isSigned(keys, push) ? decryptPush(keys, encrypted) : null
  return message === null
    ? null
    : { push, event: parsePushEvent(message, keys.appid, Number(push.timestamp)) }
}
