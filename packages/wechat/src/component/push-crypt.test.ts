import { createCipheriv } from 'node:crypto'
import { type ComponentId, Secret } from '@sunpress/core'
import { describe, expect, it } from 'vitest'
import { decryptPush, encryptPush, isSigned, type PushKeys, signPush } from './push-crypt.js'

/** The sample that WeChat ships with its own WXBizMsgCrypt. */
const keys: PushKeys = {
  appid: 'wxb11529c136998cb6' as ComponentId,
  verifyToken: new Secret('pamtest'),
  encodingAesKey: new Secret('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'),
}
const RANDOM = Buffer.from('aaaabbbbccccdddd')
const MESSAGE = '我是中文abcd123'
const ENCRYPTED = 'jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=='
const push = { timestamp: '1409304348', nonce: 'xxxxxx', encrypted: ENCRYPTED }

describe('decryptPush', () => {
  it("opens WeChat's own sample", () => {
    expect(decryptPush(keys, ENCRYPTED)).toBe(MESSAGE)
    expect(encryptPush(keys, MESSAGE, RANDOM)).toBe(ENCRYPTED)
  })

  it.each([0, 1, 10, 11, 12, 31, 32, 1_000, 60_000])('opens a message of %i bytes', (length) => {
    expect(decryptPush(keys, encryptPush(keys, 'x'.repeat(length), RANDOM))).toBe('x'.repeat(length))
  })

  it('refuses what was meant for another platform', () => {
    expect(decryptPush({ ...keys, appid: 'wxffffffffffffffff' as ComponentId }, ENCRYPTED)).toBeNull()
    const longer = encryptPush({ ...keys, appid: `${keys.appid}0` as ComponentId }, MESSAGE, RANDOM)
    expect(decryptPush(keys, longer)).toBeNull()
  })

  it('refuses what was encrypted with another key', () => {
    const encodingAesKey = new Secret('B'.repeat(43))
    expect(decryptPush({ ...keys, encodingAesKey }, ENCRYPTED)).toBeNull()
  })

  it('refuses a key that is none', () => {
    expect(decryptPush({ ...keys, encodingAesKey: new Secret('short') }, ENCRYPTED)).toBeNull()
  })

  it('refuses what is cut, longer, or changed in its last block', () => {
    const bytes = Buffer.from(ENCRYPTED, 'base64')
    const cut = [0, 16, 32, bytes.length - 1].map((end) => bytes.subarray(0, end))
    const changed = Buffer.from(bytes)
    changed[bytes.length - 1] = (changed.at(-1) ?? 0) ^ 1
    for (const broken of [...cut, Buffer.concat([bytes, Buffer.alloc(32)]), changed]) {
      expect(decryptPush(keys, broken.toString('base64'))).toBeNull()
    }
  })

  it.each<[string, (plain: Buffer) => Buffer]>([
    ['padding of 0', (plain) => withLast(plain, [0])],
    ['padding of more than a block', (plain) => withLast(plain, [33])],
    ['padding that differs', (plain) => withLast(plain, [7, 2])],
    [
      'a length beyond the end',
      (plain) => Buffer.concat([plain.subarray(0, 16), Buffer.alloc(4, 0xff), plain.subarray(20)]),
    ],
  ])('refuses %s', (_, change) => {
    const id = Buffer.from(keys.appid)
    const text = Buffer.alloc(64 - 20 - id.length - 2, 'x')
    const head = Buffer.concat([RANDOM, Buffer.of(0, 0, 0, text.length)])
    const plain = Buffer.concat([head, text, id, Buffer.of(2, 2)])
    expect(decryptPush(keys, encryptRaw(plain))).toBe(text.toString())
    expect(decryptPush(keys, encryptRaw(change(plain)))).toBeNull()
  })
})

describe('isSigned', () => {
  const signature = signPush(keys, push)

  it('knows its own signature, of the parts in the order of their text', () => {
    // sha1 of "1409304348" + ENCRYPTED + "pamtest" + "xxxxxx".
    expect(signature).toBe('82c962d39941aa48552f90ef55aa323dc620cc10')
    expect(isSigned(keys, { ...push, signature })).toBe(true)
  })

  it.each([
    ['another signature', { signature: `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}` }],
    ['a longer signature', { signature: `${signature}0` }],
    ['no signature', { signature: '' }],
    ['another timestamp', { timestamp: '1409304349' }],
    ['another nonce', { nonce: 'xxxxxy' }],
    ['another message', { encrypted: ENCRYPTED.replace('j', 'k') }],
  ])('refuses %s', (_, change) => {
    expect(isSigned(keys, { ...push, signature, ...change })).toBe(false)
  })

  it('refuses the signature of another token', () => {
    expect(isSigned({ ...keys, verifyToken: new Secret('other') }, { ...push, signature })).toBe(false)
  })
})

const withLast = (plain: Buffer, bytes: number[]): Buffer =>
  Buffer.concat([plain.subarray(0, -bytes.length), Buffer.from(bytes)])

function encryptRaw(plain: Buffer): string {
  const key = Buffer.from(`${keys.encodingAesKey.reveal()}=`, 'base64')
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}
