/**
 * Seals access tokens for their stay in Redis: AES-256-GCM under a key that only holders of the AppSecret can derive.
 * A fingerprint tells two tokens apart without showing either. Doesn't protect from somebody who has the AppSecret.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { type AppId, type ComponentId, Secret } from '@sunpress/core'

export interface TokenSeal {
  seal(token: Secret): string
  /** null when it was sealed under another AppSecret, or altered. */
  open(sealed: string): Secret | null
  /** 16 hex digits. */
  fingerprint(token: Secret): string
  /** 16 hex digits that tell one AppSecret from another. */
  readonly mark: string
}

const INFO = 'sunpress access token v1'
const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

export function createTokenSeal(app: AppId | ComponentId, appSecret: Secret): TokenSeal {
  const derived = Buffer.from(hkdfSync('sha256', appSecret.reveal(), app, INFO, 64))
  const sealKey = derived.subarray(0, 32)
  const markKey = derived.subarray(32)
  const markOf = (text: string) => createHmac('sha256', markKey).update(text).digest('hex').slice(0, 16)
  return {
    mark: markOf('\0credential'),
    seal(token) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, sealKey, iv).setAAD(Buffer.from(app))
      const text = Buffer.concat([cipher.update(token.reveal(), 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length <= IV_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv(CIPHER, sealKey, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(app)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
        return new Secret(text.toString('utf8'))
      } catch {
        return null
      }
    },
    fingerprint: (token) => markOf(token.reveal()),
  }
}
