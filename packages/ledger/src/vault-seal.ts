/**
 * Encrypts what the vault keeps: AES-256-GCM under a key derived from SUNPRESS_SECRET_KEY; a record's name and sequence are
 * additional data, so that records can be neither swapped nor numbered anew. Doesn't protect from somebody who has the key, and
 * can't tell that a whole older record was put back.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Secret } from '@sunpress/core'

export interface VaultSeal {
  /** 16 hex digits that tell two keys apart. */
  readonly keyId: string
  seal(text: Secret, name: string, seq: number): string
  /** null when it is not as it was sealed. */
  open(sealed: string, name: string, seq: number): Secret | null
}

/** The first byte; another way of sealing takes another one. */
const FORMAT = 1
const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES

export function createVaultSeal(secretKey: Secret): VaultSeal {
  const derive = (info: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secretKey.reveal(), '', `sunpress vault v1 ${info}`, bytes))
  const key = derive('key', 32)
  return {
    keyId: derive('key id', 8).toString('hex'),
    seal(text, name, seq) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(boundTo(name, seq))
      const sealed = Buffer.concat([cipher.update(text.reveal(), 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(FORMAT), iv, cipher.getAuthTag(), sealed]).toString('base64')
    },
    open(sealed, name, seq) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < HEAD_BYTES || bytes[0] !== FORMAT) return null
      const iv = bytes.subarray(1, 1 + IV_BYTES)
      const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(name, seq)).setAuthTag(bytes.subarray(1 + IV_BYTES, HEAD_BYTES))
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()])
        return new Secret(text.toString('utf8'))
      } catch {
        return null
      }
    },
  }
}

const boundTo = (name: string, seq: number): Buffer => Buffer.from(`${FORMAT}\n${name}\n${seq}`)
