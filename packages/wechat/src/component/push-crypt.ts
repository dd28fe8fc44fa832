/**
 * How WeChat signs and encrypts what it pushes to a platform (WXBizMsgCrypt): sha1 over the sorted parts, then AES-256-CBC with
 * padding to 32 bytes over `random(16) | length(4) | message | appid`. Pure, but for the random bytes of `encryptPush`. Says
 * only whether a push is WeChat's; that it isn't old or repeated is for the caller to find out.
 */
import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import type { Component } from '@sunpress/core'

export interface SignedPush {
  /** Epoch seconds, as sent. */
  readonly timestamp: string
  readonly nonce: string
  /** Lower-case hex. */
  readonly signature: string
  /** Base64. */
  readonly encrypted: string
}

export type PushKeys = Pick<Component, 'appid' | 'verifyToken' | 'encodingAesKey'>

const RANDOM_BYTES = 16
const HEAD_BYTES = RANDOM_BYTES + 4
const BLOCK_BYTES = 32
const CIPHER = 'aes-256-cbc'

export const signPush = (keys: PushKeys, push: Omit<SignedPush, 'signature'>): string =>
  createHash('sha1')
    .update([keys.verifyToken.reveal(), push.timestamp, push.nonce, push.encrypted].sort().join(''))
    .digest('hex')

/** In constant time; a signature of another length is none. */
export function isSigned(keys: PushKeys, push: SignedPush): boolean {
  const [mine, theirs] = [Buffer.from(signPush(keys, push)), Buffer.from(push.signature)]
  return mine.length === theirs.length && timingSafeEqual(mine, theirs)
}

/** The message; null when it was not encrypted with this key, for this platform, or not whole. */
export function decryptPush(keys: PushKeys, encrypted: string): string | null {
  const bytes = decrypt(keyOf(keys), Buffer.from(encrypted, 'base64'))
  const plain = bytes === null ? null : withoutPadding(bytes)
  if (plain === null || plain.length < HEAD_BYTES) return null
  const end = HEAD_BYTES + plain.readUInt32BE(RANDOM_BYTES)
  if (end > plain.length || plain.subarray(end).toString('utf8') !== keys.appid) return null
  return plain.subarray(HEAD_BYTES, end).toString('utf8')
}

/** As WeChat does it; the platform itself only ever reads. */
export function encryptPush(keys: PushKeys, message: string, random: Uint8Array): string {
  const text = Buffer.from(message, 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const plain = Buffer.concat([random, length, text, Buffer.from(keys.appid)])
  const padding = BLOCK_BYTES - (plain.length % BLOCK_BYTES)
  const key = keyOf(keys)
  const cipher = createCipheriv(CIPHER, key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([
    cipher.update(Buffer.concat([plain, Buffer.alloc(padding, padding)])),
    cipher.final(),
  ]).toString('base64')
}

const keyOf = ({ encodingAesKey }: PushKeys): Buffer => Buffer.from(`${encodingAesKey.reveal()}=`, 'base64')

function decrypt(key: Buffer, bytes: Buffer): Buffer | null {
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0 || key.length !== 32) return null
  const decipher = createDecipheriv(CIPHER, key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
}

function withoutPadding(bytes: Buffer): Buffer | null {
  const count = bytes.at(-1) ?? 0
  if (count < 1 || count > BLOCK_BYTES) return null
  const isPadding = bytes.subarray(-count).every((byte) => byte === count)
  return isPadding ? bytes.subarray(0, -count) : null
}
