/**
 * One signed request on one object, and its answer in our words. Throws the faults of s3-fault; asks nothing twice.
 */
import { hash } from 'node:crypto'
import { type Fault, RetryFault } from '@sunpress/core'
import { storeDefect } from '../adopt.js'
import { checkKey } from '../key.js'
import type { StoreContext } from '../store.js'
import type { BucketAddress } from './bucket.js'
import { CREATE_ONLY, type CreateOnlyWay } from './create-only.js'
import { type ObjectFacts, PUT_META, readFacts } from './object-facts.js'
import { answerFault, codeOf } from './s3-fault.js'
import { createSigner, type SigningKeys } from './sign.js'
import type { Transport, TransportAnswer } from './transport.js'

export interface ObjectsOptions {
  readonly address: BucketAddress
  readonly transport: Transport
  readonly keys: SigningKeys
  readonly createOnly: CreateOnlyWay
  /** Empty or ending in "/". */
  readonly prefix: string
  readonly where: string
  readonly context: StoreContext
}

export interface ObjectBytes {
  readonly bytes: Uint8Array
  /** Of the bytes, lower-case hex. */
  readonly sha256: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ReadObject {
  /** The part that was asked for; `facts.bytes` is the size of the whole. */
  readonly bytes: Buffer
  readonly facts: ObjectFacts
}

export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface ObjectCalls {
  /** Create-only; `mark` stays on the object and tells later who made it. */
  create(key: string, object: ObjectBytes, mark: string): Promise<'closed' | 'taken'>
  replace(key: string, object: ObjectBytes): Promise<void>
  look(key: string): Promise<ObjectFacts | null>
  read(key: string, range?: ByteRange): Promise<ReadObject | null>
  remove(key: string): Promise<void>
}

type Send = (
  method: string,
  key: string,
  object: ObjectBytes | null,
  headers?: Readonly<Record<string, string>>,
) => Promise<TransportAnswer>

const EMPTY_SHA256 = hash('sha256', '', 'hex')

export function openCalls(options: ObjectsOptions): ObjectCalls {
  const send = openSend(options)
  const fault = (answer: TransportAnswer, what: string): Fault => answerFault(answer, what, options.where)
  const way = CREATE_ONLY[options.createOnly]
  const calls: ObjectCalls = {
    async create(key, object, mark) {
      const md5 = hash('md5', object.bytes, 'base64')
      const headers = { 'content-md5': md5, [way.header[0]]: way.header[1], [PUT_META]: mark }
      const answer = await send('PUT', key, object, headers)
      if (way.isTaken(answer.status, codeOf(answer.body))) return 'taken'
      if (answer.status !== 200) throw fault(answer, `PUT ${key}`)
      if (hasEtagOf(answer, md5)) return 'closed'
      await calls.remove(key)
      throw storeDefect(key, 'its ETag is not the MD5 of what was sent')
    },
    async replace(key, object) {
      const answer = await send('PUT', key, object, { 'content-md5': hash('md5', object.bytes, 'base64') })
      if (answer.status !== 200) throw fault(answer, `PUT ${key}`)
    },
    async look(key) {
      const answer = await send('HEAD', key, null)
      if (answer.status === 404) return null
      if (answer.status !== 200) throw fault(answer, `HEAD ${key}`)
      return readFacts(answer.headers)
    },
    async read(key, range) {
      const answer = await send('GET', key, null, range && { range: `bytes=${range.from}-${range.to}` })
      if (answer.status === 404 && codeOf(answer.body) !== 'NoSuchBucket') return null
      if (answer.status === 416)
        return { bytes: Buffer.alloc(0), facts: (await calls.look(key)) ?? gone(key) }
      if (answer.status !== 200 && answer.status !== 206) throw fault(answer, `GET ${key}`)
      return { bytes: answer.body, facts: readFacts(answer.headers) }
    },
    async remove(key) {
      const answer = await send('DELETE', key, null)
      if (answer.status >= 300 && codeOf(answer.body) !== 'NoSuchKey') throw fault(answer, `DELETE ${key}`)
    },
  }
  return calls
}

function openSend({ address, transport, keys, prefix, context }: ObjectsOptions): Send {
  const sign = createSigner(keys)
  return (method, key, object, more = {}) => {
    const path = address.basePath + encodeKey(prefix + checkKey(key))
    const headers = { host: address.host, ...object?.headers, ...more }
    const unsigned = { method, path, headers, sha256: object?.sha256 ?? EMPTY_SHA256 }
    const signed = sign(unsigned, context.clock.now())
    return transport.send({ method, path, headers: signed, body: object?.bytes ?? null })
  }
}

function gone(key: string): never {
  throw new RetryFault('store_vanished', `${key} went while it was read`)
}

/**
 * A 200 to a put with Content-MD5 is the close; an ETag that is an MD5 has to agree. It is none for objects of several parts
 * and for those encrypted by KMS or with a customer's key.
 */
function hasEtagOf({ headers }: TransportAnswer, md5: string): boolean {
  const etag = /^"?([0-9a-f]{32})"?$/.exec(String(headers['etag'] ?? '').toLowerCase())?.[1]
  const byKms = String(headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms')
  const byCustomer = headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  if (etag === undefined || byKms || byCustomer) return true
  return etag === Buffer.from(md5, 'base64').toString('hex')
}

/** Of a key's characters those that a path may not hold plainly, as SigV4 sees it. */
const encodeKey = (key: string): string => key.replace(/[=+@,]/g, encodeURIComponent)
