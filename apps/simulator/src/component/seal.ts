/**
 * The envelope of WeChat's pushes (WXBizMsgCrypt): AES-256-CBC over 16 random bytes, the length of the text in four bytes, the text and
 * the receiver's appid, padded to 32; signed by SHA-1. Pure: the random bytes are given.
 */
import { createCipheriv, createHash } from 'node:crypto'

export type SealKey = {
  readonly appid: string
  readonly verifyToken: string
  /** 43 characters of base64. */
  readonly encodingAesKey: string
}

export type Sealed = { readonly query: string; readonly body: string }

/** @param stamp seconds, nonce and the 16 bytes that no two pushes share. */
export function seal(
  xml: string,
  key: SealKey,
  stamp: { timestamp: string; nonce: string; random: Buffer },
): Sealed {
  const { timestamp, nonce, random } = stamp
  const encrypted = encrypt(xml, key, random)
  const query = new URLSearchParams({
    signature: sign(key.verifyToken, timestamp, nonce),
    timestamp,
    nonce,
    encrypt_type: 'aes',
    msg_signature: sign(key.verifyToken, timestamp, nonce, encrypted),
  })
  const body = `<xml>\n    <AppId><![CDATA[${key.appid}]]></AppId>\n    <Encrypt><![CDATA[${encrypted}]]></Encrypt>\n</xml>\n`
  return { query: query.toString(), body }
}

/** SHA-1 over the sorted parts, joined. */
export function sign(...parts: readonly string[]): string {
  return createHash('sha1')
    .update([...parts].sort().join(''))
    .digest('hex')
}

const BLOCK = 32

function encrypt(xml: string, { appid, encodingAesKey }: SealKey, random: Buffer): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  const text = Buffer.from(xml, 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const plain = pad(Buffer.concat([random, length, text, Buffer.from(appid, 'utf8')]))
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}

/** PKCS#7 to 32 bytes, which Node's own padding (16) isn't. */
function pad(plain: Buffer): Buffer {
  const missing = BLOCK - (plain.length % BLOCK)
  return Buffer.concat([plain, Buffer.alloc(missing, missing)])
}
