/**
 * Lets a push in once. Promises, over all processes: no push older than ten minutes by the clock of Redis, none twice; one whose
 * handling failed may come again. Redis away means no pushes (fail closed): WeChat sends them again.
 */
import { createHash } from 'node:crypto'
import type { ComponentId } from '@sunpress/core'
import { asking, platformKeys, readScript, runScript } from '@sunpress/redis'
import type { RedisClient } from '../token-store.js'
import type { SignedPush } from './push-crypt.js'

export type Admission =
  | 'stale'
  | 'repeated'
  | { readonly kind: 'yours'; readonly ended: (ok: boolean) => Promise<void> }

export interface PushGate {
  /** Whoever is let in says how it `ended`. Throws WaitFault `redis_unavailable`. */
  admit(component: ComponentId, push: SignedPush): Promise<Admission>
}

/** Greatest age, and greatest lead where a clock is wrong. */
const WINDOW_MS = 10 * 60_000
/** For one who deals with it and dies. */
const BUSY_MS = 10_000

export function createPushGate(redis: RedisClient, namespace: string): PushGate {
  // Beside the package's other scripts, not beside this folder.
  const script = readScript('claim-push', new URL('..', import.meta.url).href)
  return {
    async admit(component, push) {
      const key = platformKeys(namespace, component).push(digestOf(push))
      const answer = await runScript(redis, script, [key], [push.timestamp, WINDOW_MS, BUSY_MS])
      if (answer !== 'yours') return answer === 'stale' ? 'stale' : 'repeated'
      const ended = async (ok: boolean): Promise<void> => {
        // It counts as new from ten minutes before its time to ten minutes after.
        await asking<unknown>(() => (ok ? redis.set(key, '1', 'PX', 2 * WINDOW_MS) : redis.del(key)))
      }
      return { kind: 'yours', ended }
    },
  }
}

/** What was signed; a signature is one for each. */
const digestOf = ({ timestamp, nonce, encrypted }: SignedPush): string =>
  createHash('sha256')
    .update(JSON.stringify([timestamp, nonce, encrypted]))
    .digest('hex')
    .slice(0, 32)
